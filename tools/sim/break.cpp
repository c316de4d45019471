#include "tools/sim/break.h"

#include <utility>

namespace xinwang::sim {

std::optional<Break> parse_break(std::string_view name) {
    static constexpr std::pair<std::string_view, Break> names[] = {
        {"ack-before-commit", Break::ack_before_commit},
        {"receipt-too-far", Break::receipt_too_far},
        {"double-append", Break::double_append},
        {"lose-record", Break::lose_record},
        {"alter-record", Break::alter_record},
        {"forget-commit", Break::forget_commit},
        {"flip-on-the-way-out", Break::flip_on_the_way_out},
        {"leak-plaintext", Break::leak_plaintext},
        {"leak-to-carrier-disk", Break::leak_to_carrier_disk},
        {"wrong-audience", Break::wrong_audience},
        {"early-correction", Break::early_correction},
        {"no-verdict", Break::no_verdict},
        {"believe-the-disk", Break::believe_the_disk},
        {"ask-nobody", Break::ask_nobody},
        {"forget-sent", Break::forget_sent},
        {"stuck", Break::stuck},
        {"two-faced", Break::two_faced},
        {"crash", Break::crash},
    };
    for (const auto& [known, what] : names)
        if (known == name) return what;
    return std::nullopt;
}

}  // namespace xinwang::sim
