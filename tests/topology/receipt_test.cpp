// Shows that a receipt folder convinces by the root id alone, that ancestors at different sizes, a changed
// signing key and a move do not break it, and that a folder in which any byte is another, or any file too many
// or too few, is refused by the file's name.
#include <catch2/catch.hpp>
#include <set>

#include "protocol/entry.h"
#include "protocol/envelope.h"
#include "protocol/tlog_proof.h"
#include "tests/topology/sample.h"
#include "topology/move.h"
#include "topology/receipt_folder.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace receipt_test {
namespace {

SealedBatch batch_of(const Node& origin, const LogId& log, Seq seq, const BatchId& previous) {
    EntryBlock entries;
    for (std::uint32_t row = 1; row <= 3; ++row) {
        Entry e;
        e.record.bytes.fill(static_cast<std::uint8_t>(row));
        e.row = row;
        e.fields = {"甲", "乙"};
        entries.add(encode(e));
    }
    SealRequest request;
    request.log = log;
    request.seq = seq;
    request.previous = previous;
    request.created_ms = start.ms;
    request.policy_id = 1;
    request.recipients = {{origin.certificate.node, 1, origin.certificate.open_key}};
    return seal(request, pack(entries).chunks, origin.keys.sign);
}

// The village `first` has six batches; a submission lies in batches 2 to 4. The township has signed for all,
// the county and the city for five.
struct Held {
    City city;
    FolderSource source;

    Held() {
        const Node& village = city.first;
        const LogId log{village.certificate.node, {}, Lane::records, {}};
        source.submission.bytes.fill(7);
        source.root = city.root();
        source.made_s = start.ms / 1000;
        source.statements = {encode(city.statement())};
        for (const Node* n : std::initializer_list<const Node*>{&village, &city.hill, &city.east, &city.city})
            source.links.push_back({n->bytes, {}, {}});
        FolderLog from{{log, 2, 4}, {}, {}, {}};
        BatchId last;
        std::vector<Hash256> leaves;
        for (Seq seq = 0; seq < 6; ++seq) {
            const SealedBatch batch = batch_of(village, log, seq, last);
            last = batch.id;
            leaves.push_back(leaf_hash(last.view()));
            from.batches.push_back(last);
            if (seq >= 2 && seq <= 4) from.headers.push_back(batch.header);
        }
        for (const auto& [ancestor, size] :
             {std::pair(&city.hill, 6u), std::pair(&city.east, 5u), std::pair(&city.city, 5u)}) {
            const std::string head = sign_head(log, size, tree_root(std::span(leaves).first(size)),
                                               village.certificate.node, village.keys.sign);
            from.receipts.push_back(
                cosign(head, start.ms / 1000 + size, ancestor->certificate.node, ancestor->keys.sign));
        }
        source.row = SlipRow{3, log, 3, 2};
        source.logs.push_back(from);
    }
    Result<ReceiptFiles> files() const { return make_receipt_folder(source, city.first.keys.sign); }
};

void replace(Bytes& content, std::string_view from, std::string_view to) {
    std::string all(text(content));
    const auto at = all.find(from);
    REQUIRE(at != std::string::npos);
    all.replace(at, from.size(), to);
    content = to_bytes(view(all));
}

}  // namespace

TEST_CASE("a receipt folder convinces by the root id alone") {
    const Held held;
    const auto files = held.files();
    REQUIRE(files);
    const auto report = verify_receipt_folder(*files, held.city.root());
    REQUIRE(report);
    REQUIRE(report->complete);
    REQUIRE(report->batches == 3);
    REQUIRE(report->entries == 9);
    REQUIRE(report->slip.row == held.source.row);
    REQUIRE(report->covers.size() == 3);
    REQUIRE(report->nodes.size() == 4);
    // Those of one size share a note, with the log's own line in it.
    const std::string folder = "records-00000000000000000000000000000000/size-5/";
    const auto note = parse_note(text(files->at(folder + "checkpoint")));
    REQUIRE(note);
    REQUIRE(note->signatures.size() == 4);
    REQUIRE(verify_note(*note, head_key(held.source.logs[0].range.log, held.city.first.certificate.sign_key)));
    REQUIRE(parse_tlog_proof(text(files->at(folder + "batch-4.tlog-proof")))->checkpoint ==
            text(files->at(folder + "checkpoint")));
    REQUIRE(text(files->at(folder + "policy")).starts_with("log xinwang.log/"));

    RootId other = held.city.root();
    other.bytes[0] ^= 1;
    REQUIRE_REFUSED(verify_receipt_folder(*files, other), Code::receipt_other_root);
}

TEST_CASE("what the city does not hold yet is said, and what nobody holds is not made") {
    Held held;
    held.source.logs[0].receipts.pop_back();
    const auto files = held.files();
    REQUIRE(files);
    REQUIRE_FALSE(verify_receipt_folder(*files, held.city.root())->complete);
    held.source.logs[0].receipts.clear();
    REQUIRE_REFUSED(held.files(), Code::receipt_not_made);
}

TEST_CASE("every byte of a receipt folder counts, and the refusal names the file") {
    const Held held;
    const ReceiptFiles files = *held.files();
    std::set<std::string> kinds;
    for (const auto& [name, content] : files) {
        // All bytes of one file of each kind, and of every text some of each line: the rest says the same
        // again.
        const std::string kind = name.substr(name.find_last_of("./-") + 1);
        const bool binary = name.starts_with("chain/") || name.ends_with(".header");
        const std::size_t step = !binary ? 7 : kinds.insert(kind).second ? 1 : 13;
        for (std::size_t at = 0; at < content.size(); at += step) {
            ReceiptFiles changed = files;
            changed[name][at] ^= static_cast<std::uint8_t>(1u << at % 8);
            const auto refused = verify_receipt_folder(changed, held.city.root());
            INFO(name << " at " << at);
            REQUIRE_FALSE(refused);
            // A slip that names another origin leads to another chain.
            if (name != "receipt" && refused.error().field.find(name) == std::string::npos)
                FAIL(refused.error().line(Language::english));
        }
    }
}

TEST_CASE("a file of a receipt folder that is missing, cut, too many or in another's place is named") {
    const Held held;
    const ReceiptFiles files = *held.files();
    for (const auto& [name, content] : files) {
        INFO(name);
        ReceiptFiles changed = files;
        changed.erase(name);
        REQUIRE_FALSE(verify_receipt_folder(changed, held.city.root()));
        changed[name] = Bytes(content.begin(), content.end() - 1);
        REQUIRE_FALSE(verify_receipt_folder(changed, held.city.root()));
        changed[name] = content;
        changed[name].push_back('\n');
        REQUIRE_FALSE(verify_receipt_folder(changed, held.city.root()));
        for (const auto& [other, theirs] : files) {
            if (other == name || theirs == content) continue;
            changed[name] = theirs;
            REQUIRE_FALSE(verify_receipt_folder(changed, held.city.root()));
        }
        changed[name] = content;
        for (const std::string& stray : {name + "x", "chain/" + name, std::string("notes.txt")}) {
            changed[stray] = content;
            const auto refused = verify_receipt_folder(changed, held.city.root());
            REQUIRE_REFUSED(refused, Code::receipt_file_strange);
            REQUIRE(refused.error().field == stray);
            changed.erase(stray);
        }
    }
}

TEST_CASE("who holds the origin's key but no other cannot put anything into a receipt folder") {
    // Every file below is signed or summed anew by the origin: what remains is what others signed.
    const Held held;
    const auto again = [&](auto change) {
        FolderSource source = held.source;
        change(source);
        return make_receipt_folder(source, held.city.first.keys.sign);
    };
    const auto& log = held.source.logs[0];
    // A batch that no ancestor has seen.
    REQUIRE_REFUSED(again([&](FolderSource& s) {
                        s.logs[0].headers[1] =
                            batch_of(held.city.first, log.range.log, 3, log.batches[2]).header;
                    }),
                    Code::bad_proof);
    // A receipt for another tree, by nobody.
    REQUIRE_FALSE(again([&](FolderSource& s) {
        Bytes note = to_bytes(view(s.logs[0].receipts[2]));
        replace(note, "\n5\n", "\n6\n");
        s.logs[0].receipts = {std::string(text(note))};
    }));
    // Somebody else's certificate in the place of an ancestor's.
    REQUIRE_FALSE(again([&](FolderSource& s) { s.links[1].certificate = held.city.lake.bytes; }));
    // A city of one's own.
    REQUIRE_REFUSED(
        again([&](FolderSource& s) {
            s.statements = {encode(*first_statement(held.city.city.bytes, {root_key(7)}, 1, {}, start))};
        }),
        Code::receipt_other_root);
    // A place outside the submission's batches, or beyond a batch's entries.
    REQUIRE_REFUSED(again([](FolderSource& s) { s.row->seq = 5; }), Code::receipt_row_not_there);
    REQUIRE_REFUSED(again([](FolderSource& s) { s.row->position = 3; }), Code::receipt_row_not_there);
}

TEST_CASE("receipts of before a change of signing key convince by the node's own words") {
    Held held;
    // The county changes its key; its receipt is by the old one.
    const Node& east = held.city.east;
    const SigningKey next = *SigningKey::from_seed(seed(77));
    Certificate wanted = east.certificate;
    wanted.serial = 2;
    wanted.sign_key = next.public_key();
    const auto request = make_renewal(wanted, held.city.city.certificate, {east.keys.sign, next, {}, {}}, {});
    REQUIRE(request);
    const Bytes certificate = *issue_certificate(wanted, held.city.city.keys.sign);
    Writer body;
    body.bytes16(certificate);
    body.bytes16(encode(*request));
    // And has signed its township's certificate anew.
    Certificate hill = held.city.hill.certificate;
    hill.serial = 2;
    held.source.links[1].certificate = *issue_certificate(hill, next);
    held.source.links[2] = {certificate, {body.bytes()}, {}};
    const auto files = held.files();
    REQUIRE(files);
    REQUIRE(verify_receipt_folder(*files, held.city.root())->complete);
    ReceiptFiles without = *files;
    without.erase("chain/990102000000.rekey-1");
    REQUIRE_FALSE(verify_receipt_folder(without, held.city.root()));
}

TEST_CASE("a stranger who knows any root in the line is convinced") {
    Held held;
    DirectoryStatement next = held.city.statement();
    next.number = 2;
    next.previous = id_of(held.city.statement());
    next.signatures.clear();
    next.roots = {1, {root_key(9).public_key()}};
    for (const SigningKey& key : root_keys()) sign(next, key);
    sign(next, root_key(9));
    held.source.statements.push_back(encode(next));
    const auto files = held.files();
    REQUIRE(files);
    REQUIRE(verify_receipt_folder(*files, held.city.root()));
    REQUIRE(verify_receipt_folder(*files, root_id_of(next.roots)));
    RootId other;
    REQUIRE_REFUSED(verify_receipt_folder(*files, other), Code::receipt_other_root);
}

TEST_CASE("a node that has just been moved convinces by its mover's word") {
    Held held;
    // The village goes below the other township; its new parent has not certified it yet.
    Certificate moved = held.city.first.certificate;
    moved.code = code("990102100001");
    moved.parent = held.city.lake.certificate.node;
    moved.serial += move_serial_step(Tier::county);
    Move m;
    m.mover = held.city.east.certificate.node;
    m.certificate = *issue_certificate(moved, held.city.east.keys.sign);
    m.former_code = held.city.first.certificate.code;
    m.lineage = {held.city.hill.certificate.node};
    m.chain = {held.city.lake.bytes};
    m.address = "192.0.2.7:7301";
    const Bytes statement = sign_move(m, held.city.east.keys.sign);
    REQUIRE(encode(*parse_move(statement)) == statement);
    held.source.links[0] = {m.certificate, {}, statement};
    held.source.links[1].certificate = held.city.lake.bytes;
    held.source.logs[0].receipts.erase(held.source.logs[0].receipts.begin());  // the former township's
    const auto files = held.files();
    REQUIRE(files);
    REQUIRE(verify_receipt_folder(*files, held.city.root())->complete);
    ReceiptFiles without = *files;
    without.erase("chain/990102100001.move");
    REQUIRE_FALSE(verify_receipt_folder(without, held.city.root()));
}

}  // namespace receipt_test
