#include "protocol/transfer.h"

#include "protocol/base/codec.h"
#include "protocol/base/limits.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

constexpr std::uint8_t transfer_version = 1;

Result<void> check_transfer_text(const char* field, const std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max)
        return refuse(Code::too_large, field, std::to_string(text.size()), std::to_string(bytes_max));
    if (!valid_utf8(text)) return refuse(Code::bad_text, field, text, "UTF-8");
    return {};
}

}  // namespace

Bytes encode(const Transfer& transfer) {
    Writer out;
    out.u8(transfer_version);
    out.block(transfer.by);
    out.block(transfer.from);
    out.block(transfer.to);
    out.i64(transfer.at_ms);
    out.text16(transfer.catalogue);
    out.text16(transfer.subject);
    out.text16(transfer.reason);
    return out.take();
}

Result<Transfer> parse_transfer(View body) {
    Reader in(body, "transfer");
    if (const std::uint8_t its = in.u8(); in.good() && its != transfer_version)
        return refuse(Code::bad_number, "transfer", std::to_string(its), std::to_string(transfer_version));
    Transfer transfer;
    transfer.by = in.block<NodeId>();
    transfer.from = in.block<NodeId>();
    transfer.to = in.block<NodeId>();
    transfer.at_ms = in.i64();
    transfer.catalogue = in.text16();
    transfer.subject = in.text16();
    transfer.reason = in.text16();
    XW_TRY_VOID(in.finish());
    XW_TRY_VOID(check_transfer_text("catalogue", transfer.catalogue, limits::entry_catalogue_bytes_max));
    XW_TRY_VOID(check_transfer_text("subject", transfer.subject, limits::entry_subject_bytes_max));
    XW_TRY_VOID(check_transfer_text("reason", transfer.reason, limits::name_bytes_max));
    return transfer;
}

Entry transfer_entry(const Transfer& transfer) {
    Entry entry;
    entry.kind = EntryKind::transfer;
    entry.body = encode(transfer);
    return entry;
}

}  // namespace xinwang
