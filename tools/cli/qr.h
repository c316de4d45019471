// A line as a QR code, drawn with half blocks: what a county hands out on paper, a village's camera reads.
#pragma once

#include <string>

#include "tools/cli/terminal.h"

namespace xinwang::cli {

// To stdout for people, to stderr when stdout carries JSON. Dark on light whatever the terminal's colours.
void print_qr(const std::string& line, const Terminal& terminal);

}  // namespace xinwang::cli
