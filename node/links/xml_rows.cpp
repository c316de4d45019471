#include "node/links/xml_rows.h"

#include <charconv>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::string_view spaces = " \t\r\n";

// The name at the front of a tag's inside.
std::string_view tag_name(std::string_view tag) {
    return tag.substr(0, tag.find_first_of(" \t\r\n/"));
}

void append_character(char32_t c, std::string& to) {
    const auto put = [&](char32_t bits) { to.push_back(static_cast<char>(bits)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

}  // namespace

std::size_t XmlRows::Finder::find(std::string_view text, std::size_t from) {
    if (!looked || (at != text.npos && at < from)) {
        at = text.find(mark, from);
        looked = true;
    }
    return at;
}

tl::unexpected<Refusal> XmlRows::wrong(std::string_view what) const {
    return refuse(Code::feedback_malformed, "byte " + std::to_string(at_), "", what);
}

Result<void> XmlRows::begin() {
    at_ = std::min(text_.find_first_not_of(spaces), text_.size());
    if (at_ == text_.size() || text_[at_] != '<') return wrong("XML");
    if (text_.substr(0, 4096).find("<!DOCTYPE") != text_.npos) return wrong("XML without DOCTYPE");
    return {};
}

std::optional<Result<XmlRows::Row>> XmlRows::next() {
    if (!to_row_start()) return std::nullopt;
    return read_row();
}

bool XmlRows::row_starts_here() const {
    const auto behind = text_.substr(std::min(at_ + 1, text_.size()));
    return behind.starts_with(row_element_) && behind.size() > row_element_.size() &&
           std::string_view(" \t\r\n/>").find(behind[row_element_.size()]) != std::string_view::npos;
}

bool XmlRows::to_row_start() {
    for (;;) {
        at_ = text_.find('<', at_);
        if (at_ == text_.npos) return false;
        const auto here = text_.substr(at_);
        if (here.starts_with("<!--")) {
            const auto end = comment_end_.find(text_, at_ + 4);
            at_ = end == text_.npos ? at_ + 4 : end + 3;
            continue;
        }
        if (row_starts_here()) return true;
        ++at_;
    }
}

Result<std::string_view> XmlRows::read_tag() {
    const std::size_t most = std::min(text_.size(), at_ + 1024);
    char quote = 0;
    for (std::size_t i = at_ + 1; i < most; ++i) {
        const char c = text_[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '<') {
            break;
        } else if (c == '>') {
            const auto tag = text_.substr(at_ + 1, i - at_ - 1);
            at_ = i + 1;
            return tag;
        }
    }
    auto refused = wrong("a tag that ends");
    ++at_;
    return refused;
}

Result<XmlRows::Row> XmlRows::read_row() {
    XW_TRY(start, read_tag());
    Row row;
    if (start.ends_with('/')) return row;
    for (;;) {
        at_ = std::min(text_.find_first_not_of(spaces, at_), text_.size());
        const auto here = text_.substr(at_);
        if (!here.starts_with("<")) return wrong("elements only inside a row");
        if (here.starts_with("</")) {
            XW_TRY(end, read_tag());
            if (tag_name(end.substr(1)) != row_element_) return wrong("the end of the row");
            return row;
        }
        if (row.size() == limits::row_columns_max) return wrong("at most 1024 elements in a row");
        // A row that begins inside a row means that this one never ended: leave the new one to next().
        if (row_starts_here()) return wrong("the end of the row");
        XW_TRY(element, read_element());
        row.push_back(std::move(element));
    }
}

Result<std::pair<std::string, std::string>> XmlRows::read_element() {
    XW_TRY(tag, read_tag());
    const std::string name(tag_name(tag));
    if (name.empty()) return wrong("an element name");
    if (tag.ends_with('/')) return std::pair(name, std::string());
    XW_TRY(content, read_content(name));
    return std::pair(name, std::move(content));
}

Result<std::string> XmlRows::read_content(std::string_view name) {
    constexpr std::string_view cdata = "<![CDATA[";
    std::string content;
    for (;;) {
        if (content.size() > limits::field_bytes_max) return wrong("a field of at most 64 KiB");
        const auto stop = std::min(text_.find_first_of("<&", at_), text_.size());
        content += text_.substr(at_, stop - at_);
        at_ = stop;
        const auto here = text_.substr(at_);
        if (here.starts_with(cdata)) {
            const auto end = cdata_end_.find(text_, at_ + cdata.size());
            if (end == text_.npos || end - at_ > limits::field_bytes_max) {
                auto refused = wrong("a CDATA that ends");
                at_ += cdata.size();
                return refused;
            }
            content += text_.substr(at_ + cdata.size(), end - at_ - cdata.size());
            at_ = end + 3;
        } else if (here.starts_with("&")) {
            XW_TRY_VOID(read_reference(content));
        } else if (here.starts_with("</")) {
            XW_TRY(tag, read_tag());
            if (tag_name(tag.substr(1)) != name) return wrong("the end of " + std::string(name));
            return content;
        } else {
            return wrong("text inside " + std::string(name));
        }
    }
}

Result<void> XmlRows::read_reference(std::string& to) {
    constexpr std::pair<std::string_view, char> known[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    const auto here = text_.substr(at_, 12);
    for (const auto& [name, character] : known)
        if (here.starts_with(name)) {
            to.push_back(character);
            at_ += name.size();
            return {};
        }
    const auto end = here.find(';');
    if (here.starts_with("&#") && end != here.npos) {
        const bool is_hex = here.starts_with("&#x");
        const auto digits = here.substr(is_hex ? 3 : 2, end - (is_hex ? 3 : 2));
        std::uint32_t c = 0;
        const auto [last, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), c, is_hex ? 16 : 10);
        const bool character = (c >= 0x20 && c < 0xD800) || c == 9 || c == 10 || c == 13 ||
                               (c >= 0xE000 && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
        if (error == std::errc{} && last == digits.data() + digits.size() && character) {
            append_character(c, to);
            at_ += end + 1;
            return {};
        }
    }
    auto refused = wrong("one of the known entities");
    ++at_;
    return refused;
}

}  // namespace xinwang
