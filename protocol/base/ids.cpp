#include "protocol/base/ids.h"

#include <fmt/format.h>

namespace xinwang {

const char* lane_name(Lane lane) {
    switch (lane) {
        case Lane::trust:
            return "trust";
        case Lane::rights:
            return "rights";
        case Lane::records:
            return "records";
    }
    return "?";
}

std::optional<Lane> parse_lane(std::uint8_t number) {
    for (const Lane lane : all_lanes)
        if (static_cast<std::uint8_t>(lane) == number) return lane;
    return std::nullopt;
}

void LogId::write(Writer& out) const {
    out.block(origin);
    out.block(incarnation);
    out.u8(static_cast<std::uint8_t>(lane));
    out.block(toward);
}

Result<LogId> LogId::read(Reader& in) {
    LogId id;
    id.origin = in.block<NodeId>();
    id.incarnation = in.block<Incarnation>();
    const auto number = in.u8();
    id.toward = in.block<NodeId>();
    XW_TRY_VOID(in.so_far());
    const auto lane = parse_lane(number);
    if (!lane) return refuse(Code::bad_number, "lane", std::to_string(number), "1, 2, 3");
    id.lane = *lane;
    return id;
}

std::string LogId::origin_line() const {
    return fmt::format("xinwang.log/{}/{}/{}/{}", origin.hex(), incarnation.hex(), lane_name(lane),
                       toward.hex());
}

}  // namespace xinwang
