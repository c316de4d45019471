// What the tests of invitation and enrolment begin with: the city of sample.h, where 山前镇 invites a third
// village.
#pragma once

#include "protocol/base/hash.h"
#include "tests/topology/sample.h"

namespace xinwang::sample {

inline Token token(std::uint8_t number) {
    Token t;
    t.bytes.fill(number);
    return t;
}

inline Invitation invitation(const City& city, const std::string& name) {
    Invitation i;
    i.code = code("990102001003");
    i.name = name;
    i.data_address = "192.0.2.7:7301";
    i.enrol_address = "192.0.2.7:7302";
    i.parent = city.hill.certificate.node;
    i.parent_name = city.hill.certificate.name;
    i.parent_transport_key = city.hill.keys.transport;
    i.root = city.root();
    i.token = token(77);
    i.expires_ms = start.ms + 3 * day_ms;
    return i;
}

}  // namespace xinwang::sample
