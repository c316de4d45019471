// A table for people: columns as wide as their widest cell (display_width), two spaces apart, numbers to the
// right, no lines drawn. Every cell is made printable (protocol/base/refusal.h): nothing from outside moves
// the cursor.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/terminal.h"

namespace xinwang::cli {

enum class Tone { plain, good, warn, bad, faint };

struct Cell {
    std::string text;
    Tone tone = Tone::plain;
    Cell(std::string t, Tone how = Tone::plain) : text(std::move(t)), tone(how) {}
    Cell(const char* t) : text(t) {}
};

enum class Align { left, right };
struct Column {
    std::string heading;
    Align align = Align::left;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // Requires as many cells as columns.
    void add(std::vector<Cell> row);
    bool empty() const { return rows_.empty(); }
    void print(const Terminal& terminal) const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

// The text in its colour, if this terminal shows colours.
std::string toned(const Terminal& terminal, Tone tone, std::string_view text);

}  // namespace xinwang::cli
