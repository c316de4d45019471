// Reads the flat rows of a feedback file in XML: <DATAS><DATA><NAME>text</NAME>…</DATA>…</DATAS>.
//
// It is not an XML parser: it takes rows without nesting, character references and the five named entities,
// CDATA, no DTD, no entity of the file's own. Any other row is refused alone, and reading goes on at the next
// row. Pure; linear in the size of the text, whatever it holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/refusal.h"

namespace xinwang {

class XmlRows {
  public:
    using Row = std::vector<std::pair<std::string, std::string>>;  // element name, text

    // Both arguments must outlive the reader; `text` is UTF-8.
    XmlRows(std::string_view text, std::string_view row_element) : text_(text), row_element_(row_element) {}

    // Checks the beginning of the text. Refuses feedback_malformed when the text cannot be such a file at
    // all.
    Result<void> begin();
    // The next row, or the refusal of it; empty at the end.
    std::optional<Result<Row>> next();

  private:
    // Remembers where the next `mark` stands, so that looking for one that is missing costs once.
    struct Finder {
        std::string_view mark;
        std::size_t at = 0;
        bool looked = false;
        std::size_t find(std::string_view text, std::size_t from);
    };
    bool row_starts_here() const;
    bool to_row_start();
    Result<Row> read_row();
    Result<std::pair<std::string, std::string>> read_element();
    Result<std::string> read_content(std::string_view name);
    Result<void> read_reference(std::string& to);
    Result<std::string_view> read_tag();  // from '<' to '>', both left out
    tl::unexpected<Refusal> wrong(std::string_view what) const;

    std::string_view text_;
    std::string_view row_element_;
    std::size_t at_ = 0;
    Finder cdata_end_{"]]>"};
    Finder comment_end_{"-->"};
};

}  // namespace xinwang
