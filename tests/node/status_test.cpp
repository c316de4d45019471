// A child that stopped without a word is shown as lost when it has been silent for three minutes, and not
// before; its siblings are as they were.
#include "node/api/documents.h"
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace status_test {

TEST_CASE("a silent child is lost after three minutes, whatever its session says") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    const auto states = [&] {
        CoreNode& hill = net.at(city.hill);
        const api::Situation s{*hill.core, *hill.store, net.now(), net.now(), {}, {}, {}, {}};
        const api::Json topology = api::topology(s, api::Page{0, 100}), status = api::status(s, nullptr);
        std::map<std::string, std::string> out;
        for (const auto& row : topology["nodes"]) out[row["code"]] = row["state"];
        for (const auto& row : status["children"]) REQUIRE(out.at(row["code"]) == row["state"]);
        return std::pair(out.at(city.first.certificate.code.text()),
                         out.at(city.second.certificate.code.text()));
    };
    REQUIRE(states() == std::pair<std::string, std::string>("connected", "connected"));

    net.stop(city.first);
    net.run(120);
    REQUIRE(states() == std::pair<std::string, std::string>("connected", "connected"));
    net.run(90);
    REQUIRE(net.at(city.hill).core->child_session(city.first.certificate.node) != nullptr);
    REQUIRE(states() == std::pair<std::string, std::string>("lost", "connected"));
}

}  // namespace status_test
