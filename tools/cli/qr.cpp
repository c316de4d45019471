#include "tools/cli/qr.h"

#include <qrencode.h>

#include <memory>

#include "protocol/base/check.h"

namespace xinwang::cli {
namespace {

constexpr int quiet_modules = 4;  // the border that readers need

}  // namespace

void print_qr(const std::string& line, const Terminal& terminal) {
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        QRcode_encodeString8bit(line.c_str(), 0, QR_ECLEVEL_L), QRcode_free);
    XW_CHECK(code != nullptr);  // a line is shorter than what version 40 holds
    const auto dark = [&](int x, int y) {
        const int column = x - quiet_modules, row = y - quiet_modules;
        if (column < 0 || row < 0 || column >= code->width || row >= code->width) return false;
        return (code->data[row * code->width + column] & 1) != 0;
    };
    std::ostream& out = terminal.output == Output::json ? terminal.err : terminal.out;
    const int size = code->width + 2 * quiet_modules;
    for (int y = 0; y < size; y += 2) {
        out << "\x1b[30;47m";
        for (int x = 0; x < size; ++x)
            out << (dark(x, y) ? (dark(x, y + 1) ? "█" : "▀") : (dark(x, y + 1) ? "▄" : " "));
        out << "\x1b[0m\n";
    }
}

}  // namespace xinwang::cli
