#include "topology/receipt_slip.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::string_view slip_kind = "xinwang.receipt/1";

std::string body_of(const ReceiptSlip& s) {
    std::string out = fmt::format("{}\nsubmission {}\nroot {}\norigin {} {}\nmade {}\n", slip_kind,
                                  s.submission.hex(), s.root.hex(), s.code.text(), s.origin.hex(), s.made_s);
    for (const SlipLog& log : s.logs)
        out += fmt::format("log {} {} {}\n", log.log.origin_line(), log.first, log.last);
    if (s.row)
        out +=
            fmt::format("row {} {} {} {}\n", s.row->row, s.row->log.origin_line(), s.row->seq, s.row->position);
    return out + fmt::format("files {}\n", s.files.hex());
}

NoteKey slip_key(const NodeId& origin, const SignPublicKey& key) {
    return {note_key_name(origin), NoteKeyType::ed25519, key};
}

// The words of one line, behind the one that says what it is.
class Words {
  public:
    explicit Words(std::string_view line) : rest_(line) {}

    std::string_view next() {
        const auto space = rest_.find(' ');
        const std::string_view word = rest_.substr(0, space);
        rest_.remove_prefix(space == rest_.npos ? rest_.size() : space + 1);
        return word;
    }
    template <class Number>
    Number number() {
        const std::string_view word = next();
        Number value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        good_ = good_ && error == std::errc{} && end == word.data() + word.size();
        return value;
    }
    template <class B>
    B block() {
        const auto value = B::parse_hex(next());
        good_ = good_ && value.has_value();
        return value.value_or(B{});
    }
    LogId log() {
        const auto value = parse_origin_line(next());
        good_ = good_ && value.has_value();
        return value.value_or(LogId{});
    }
    bool good() const { return good_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

// False for a line that is none of a slip's.
bool read_line(ReceiptSlip& slip, std::string_view line) {
    Words words(line);
    const std::string_view what = words.next();
    if (what == "submission") {
        slip.submission = words.block<SubmissionId>();
    } else if (what == "root") {
        slip.root = words.block<RootId>();
    } else if (what == "origin") {
        const auto code = DivisionCode::parse(words.next());
        if (!code) return false;
        slip.code = *code;
        slip.origin = words.block<NodeId>();
    } else if (what == "made") {
        slip.made_s = words.number<std::int64_t>();
    } else if (what == "log") {
        const LogId log = words.log();
        const auto first = words.number<Seq>();
        slip.logs.push_back({log, first, words.number<Seq>()});
    } else if (what == "row") {
        const auto row = words.number<std::uint32_t>();
        const LogId log = words.log();
        const auto seq = words.number<Seq>();
        slip.row = SlipRow{row, log, seq, words.number<std::uint32_t>()};
    } else if (what == "files") {
        slip.files = words.block<Hash256>();
    } else {
        return line == slip_kind;
    }
    return words.good();
}

}  // namespace

std::string sign_slip(const ReceiptSlip& slip, const SigningKey& origin) {
    for (const SlipLog& log : slip.logs) XW_CHECK(log.log.origin == slip.origin && log.first <= log.last);
    const std::string body = body_of(slip);
    return body + "\n" +
           signature_line(slip_key(slip.origin, origin.public_key()), origin.sign(view(body)).view());
}

Result<ReceiptSlip> parse_slip(std::string_view text) {
    XW_TRY(note, parse_note(text));
    ReceiptSlip slip;
    for (std::string_view rest = note.body; !rest.empty();) {
        const auto end = rest.find('\n');
        if (!read_line(slip, rest.substr(0, end)))
            return refuse(Code::receipt_slip_bad, "line", rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    // The one form: these lines in this order, each once.
    if (body_of(slip) != note.body) return refuse(Code::receipt_slip_bad, "lines", note.body.substr(0, 80));
    for (const SlipLog& log : slip.logs)
        if (log.log.origin != slip.origin || log.first > log.last)
            return refuse(Code::receipt_slip_bad, "log", log.log.origin_line());
    return slip;
}

Result<void> verify_slip(std::string_view text, const NodeId& origin, std::span<const SignPublicKey> keys) {
    XW_TRY(note, parse_note(text));
    if (note.signatures.size() != 1)
        return refuse(Code::bad_note, "signatures", std::to_string(note.signatures.size()), "1");
    return by_one_of(keys, [&](const SignPublicKey& key) { return verify_note(note, slip_key(origin, key)); });
}

}  // namespace xinwang
