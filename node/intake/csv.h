// CSV by RFC 4180, read row by row in bounded memory: quoted cells may hold separators, doubled quotes and
// line breaks (kept as LF); a quote inside an unquoted cell is an ordinary character.
//
// A row that is over a limit, has unpaired quotes or is no valid text is handed out as a row with a refusal,
// and reading goes on behind it: one bad row never costs another. A row whose quotes do not pair consists of
// its first physical line only, so that one stray quote cannot swallow the rows behind it; this rereading
// costs at most a second look at each byte. Rows without any content are passed over and have no number.
// Decoding comes before splitting (node/DESIGN.md, F3). One thread.
#pragma once

#include "node/intake/lines.h"
#include "node/intake/text.h"

namespace xinwang {

// The beginning of the next row: state enough to resume.
struct CsvPosition {
    std::uint64_t offset = 0;
    std::uint32_t lines = 0;  // physical lines before it
    std::uint32_t rows = 0;   // rows before it
    bool operator==(const CsvPosition&) const = default;
};

struct CsvRow {
    std::uint32_t number = 0;        // from 1
    std::uint32_t line = 0;          // physical line it begins at, from 1
    std::size_t count = 0;           // of cells
    std::vector<std::string> cells;  // the first `count` of them; the rest is kept for its memory
    std::string text;                // its first physical line, decoded
    std::optional<Refusal> refusal;
};

// The separator that a header uses most, outside quotes: comma, tab or semicolon.
char detect_separator(std::string_view header_line);

class CsvReader {
  public:
    CsvReader(FileSource& source, Encoding encoding, char separator, CsvPosition from);
    // Reads the next row; false at the end of the file.
    bool next(CsvRow& row);
    const CsvPosition& position() const { return position_; }

  private:
    enum class Ended { row, open, broken };
    bool read(CsvRow& row);
    Ended take_line(const Line& line, CsvRow& row);
    Ended split(std::string_view text, CsvRow& row);
    Ended close_quoted(std::string_view text, std::size_t& at, CsvRow& row);
    void begin_cell(CsvRow& row);
    void put(std::string_view text, CsvRow& row);
    void refuse_row(CsvRow& row, Code code, std::string_view value, std::string_view limit);
    void give_up(CsvRow& row, const CsvPosition& after_first, std::string_view why);

    LineReader lines_;
    Decoder decoder_;
    char separator_;
    CsvPosition position_;
    bool quoted_ = false;
    std::string scratch_;
};

}  // namespace xinwang
