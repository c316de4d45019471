#include "protocol/tlog_proof.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::string_view proof_first_line = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view proof_index_word = "index ";
// As many as a tree of 2^64 leaves takes.
constexpr std::size_t proof_hashes_max = 64;

std::string_view take_proof_line(std::string_view& text) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

}  // namespace

std::string tlog_proof_text(const TlogProof& proof) {
    std::string out = fmt::format("{}{}{}\n", proof_first_line, proof_index_word, proof.index);
    for (const Hash256& hash : proof.hashes) out += base64(hash.view()) + "\n";
    return out + "\n" + proof.checkpoint;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
    const auto refused = [](std::string_view what, std::string_view found, std::string_view limit) {
        return refuse(Code::bad_tlog_proof, what, found, limit);
    };
    std::string_view rest = text;
    if (!rest.starts_with(proof_first_line))
        return refused("line 1", take_proof_line(rest),
                       proof_first_line.substr(0, proof_first_line.size() - 1));
    rest.remove_prefix(proof_first_line.size());
    TlogProof proof;
    const std::string_view line = take_proof_line(rest);
    const std::string_view digits =
        line.starts_with(proof_index_word) ? line.substr(proof_index_word.size()) : "";
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), proof.index);
    if (error != std::errc{} || end != digits.data() + digits.size() || std::to_string(proof.index) != digits)
        return refused("index", line, "index <decimal>");
    for (std::string_view hash = take_proof_line(rest); !hash.empty(); hash = take_proof_line(rest)) {
        const auto bytes = from_base64(hash);
        const auto value = bytes ? Hash256::from(*bytes) : std::nullopt;
        if (!value || proof.hashes.size() == proof_hashes_max)
            return refused("hash", hash, "32 bytes in base64, at most 64 of them");
        proof.hashes.push_back(*value);
    }
    proof.checkpoint = std::string(rest);
    if (tlog_proof_text(proof) != text) return refused("empty line", rest.substr(0, 40), "behind the hashes");
    return proof;
}

std::string tlog_policy_text(const NoteKey& log, const std::vector<PolicyWitness>& witnesses) {
    XW_CHECK(!witnesses.empty());
    std::string out = fmt::format("log {}\n", log.verifier_key()), group = "group all all";
    for (const PolicyWitness& witness : witnesses) {
        out += fmt::format("witness {} {}\n", witness.name, witness.key.verifier_key());
        group += " " + witness.name;
    }
    return out + group + "\nquorum all\n";
}

}  // namespace xinwang
