// Shows that a damaged disk yields the right bytes, a refusal or a stop, and never wrong bytes: bits are
// flipped all over data.mdb, and each damaged copy is read by a child process, because LMDB may end the process
// that meets a broken page.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace damage_test {
namespace {

enum Outcome { right, corrupt, wrong, stopped };

constexpr Seq batches = 24;
constexpr int puts = 40;

std::string put_key(int i) {
    return "key-" + std::to_string(i);
}
std::string put_value(int i) {
    return std::string(200, static_cast<char>('a' + i % 26));
}

void write_all(Store& store) {
    for (Seq seq = 0; seq < batches; ++seq) REQUIRE(commit(store, {batch_of(seq % 3, seq / 3, 20'000)}));
    std::vector<Write> writes;
    for (int i = 0; i < puts; ++i) writes.emplace_back(put_of(Table::rows, put_key(i), put_value(i)));
    REQUIRE(store.commit(writes));
}

Outcome read_batches(const Snapshot& kept) {
    Outcome outcome = right;
    for (Seq seq = 0; seq < batches; ++seq) {
        const AppendBatch given = batch_of(seq % 3, seq / 3, 20'000);
        const auto read = kept.batch(given.log, given.seq);
        if (!read) {
            if (read.error().code != Code::store_corrupt) return wrong;  // "not held" would be a lie
            outcome = corrupt;
        } else if (read->header != *given.header || read->pieces.size() != 2 ||
                   read->pieces[0] != *given.pieces[0] || read->pieces[1] != *given.pieces[1] ||
                   read->id != given.id) {
            return wrong;
        }
    }
    return outcome;
}

// A row whose key was hit is not found any more, which only the walk below can notice for a table without
// pattern.
Outcome read_rows(const Snapshot& kept) {
    Outcome outcome = right;
    for (int i = 0; i < puts; ++i) {
        const auto read = kept.get(Table::rows, view(put_key(i)));
        if (!read || !*read)
            outcome = corrupt;
        else if (text(**read) != put_value(i))
            return wrong;
    }
    return outcome;
}

Outcome read_all(const std::filesystem::path& directory) {
    try {
        auto kv = open_lmdb_kv(directory, LmdbBacking::options());
        if (!kv) return corrupt;
        const auto store = Store::open(std::move(*kv));
        if (!store) return corrupt;
        const Snapshot kept = (*store)->snapshot();
        const Outcome of_batches = read_batches(kept), of_rows = read_rows(kept);
        if (of_batches == wrong || of_rows == wrong) return wrong;
        const bool clean = verify_store(**store).clean();
        return of_batches == corrupt || of_rows == corrupt || !clean ? corrupt : right;
    } catch (const StoreFailure&) {
        return corrupt;
    }
}

// read_all in a process of its own. A signal is a stop, and so is a sanitizer that ends the process.
Outcome read_apart(const std::filesystem::path& directory) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (const int s : {SIGABRT, SIGBUS, SIGSEGV, SIGFPE, SIGALRM}) ::signal(s, SIG_DFL);
        const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(nothing, STDERR_FILENO);
        ::alarm(60);  // a page that points at itself
        ::_exit(10 + read_all(directory));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) < 10) return stopped;
    return static_cast<Outcome>(WEXITSTATUS(status) - 10);
}

Bytes read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
}
void write_file(const std::filesystem::path& file, const Bytes& bytes) {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

Bytes healthy_file() {
    LmdbBacking backing;
    {
        auto store = open_store(backing);
        write_all(*store);
    }
    return read_file(backing.path() / "data.mdb");
}

}  // namespace

TEST_CASE("flipped bits give the right bytes, a refusal or a stop") {
    const Bytes healthy = healthy_file();
    Directory directory;
    const auto file = directory.path() / "data.mdb";
    write_file(file, healthy);
    REQUIRE(read_apart(directory.path()) == right);

    std::uint64_t state = 1;
    int seen[4] = {};
    for (int round = 0; round < 120; ++round) {
        Bytes damaged = healthy;
        // The first pages are LMDB's meta and tree pages, the rest mostly pieces: both are hit.
        const std::size_t reach =
            round % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 1u << 17);
        for (int flips = 0; flips < 1 + round % 4; ++flips) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            damaged[(state >> 20) % reach] ^= static_cast<std::uint8_t>(1u << (state >> 60) % 8);
        }
        write_file(file, damaged);
        const Outcome outcome = read_apart(directory.path());
        INFO("round " << round);
        REQUIRE(outcome != wrong);
        ++seen[outcome];
    }
    CHECK(seen[corrupt] > 20);
}

TEST_CASE("a flipped bit in a piece is named by table and key, and found by the walk") {
    Bytes bytes = healthy_file();
    const Bytes piece = *batch_of(1, 2, 20'000).pieces[0];
    const auto at = std::search(bytes.begin(), bytes.end(), piece.begin(), piece.end());
    REQUIRE(at != bytes.end());
    *(at + 500) ^= 0x10;
    Directory directory;
    write_file(directory.path() / "data.mdb", bytes);
    const auto store = Store::open(*open_lmdb_kv(directory.path(), LmdbBacking::options()));
    REQUIRE(store);
    const auto batch = (*store)->snapshot().batch(log_of(1), 2);
    REQUIRE(batch.error().code == Code::store_corrupt);
    REQUIRE((batch.error().field == "batches" && batch.error().value == "00000000000000070001"));
    const VerifyReport report = verify_store(**store);
    REQUIRE_FALSE(report.clean());
    REQUIRE(report.findings.front() == batch.error());
    REQUIRE((*store)->snapshot().batch(log_of(1), 3));
}

TEST_CASE("the walk finds rows that disagree") {
    MemoryBacking backing;
    auto store = open_store(backing);
    for (Seq seq = 0; seq < 5; ++seq) REQUIRE(commit(*store, {batch_of(1, seq)}));
    REQUIRE(verify_store(*store).clean());
    const Table table = GENERATE(Table::logs, Table::positions, Table::batches);
    auto& rows = backing.disk->tables[static_cast<std::size_t>(table)];
    rows.erase(std::next(rows.begin(), static_cast<std::ptrdiff_t>(rows.size() / 2)));
    REQUIRE_FALSE(verify_store(*store).clean());
}

TEST_CASE("a value that stands under another key or table is refused") {
    Bytes value(5 + value_framing_bytes);
    frame_value(value, Table::rows, view("k1"), view("hello"));
    REQUIRE(text(*unframe_value(Table::rows, view("k1"), value)) == "hello");
    REQUIRE(unframe_value(Table::rows, view("k2"), value).error().code == Code::store_corrupt);
    REQUIRE(unframe_value(Table::heads, view("k1"), value).error().code == Code::store_corrupt);
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
        Bytes hit = value;
        hit[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        REQUIRE_FALSE(unframe_value(Table::rows, view("k1"), hit));
    }
    for (std::size_t cut = 0; cut < value.size(); ++cut)
        REQUIRE_FALSE(unframe_value(Table::rows, view("k1"), View(value).first(cut)));
}

}  // namespace damage_test
