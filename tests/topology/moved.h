// Statements of moves over the sample city: a village from hill to lake by its county, unless said otherwise.
#pragma once

#include "tests/topology/sample.h"
#include "topology/move.h"

namespace xinwang::sample {

struct Moved {
    const City& city;
    const Node* mover = &city.east;
    const Node* node = &city.first;
    const Node* parent = &city.lake;
    std::string code = "990102100001";
    std::vector<const Node*> chain{&city.lake};
    std::vector<NodeId> lineage{city.hill.certificate.node};
    std::uint64_t serial = 17;

    Move fields() const {
        Certificate c = node->certificate;
        c.code = sample::code(code);
        c.parent = parent->certificate.node;
        c.serial = serial;
        Move m;
        m.mover = mover->certificate.node;
        m.at_ms = start.ms;
        m.certificate = *issue_certificate(c, mover->keys.sign);
        m.former_code = node->certificate.code;
        m.lineage = lineage;
        for (const Node* link : chain) m.chain.push_back(link->bytes);
        m.address = "10.0.0.7:7301";
        m.logs = {{LogId{node->certificate.node, Incarnation{}, Lane::records, {}}, 3}};
        return m;
    }
    Bytes bytes() const { return sign_move(fields(), mover->keys.sign); }
};

// The township of the east goes to the county of the west.
inline Moved township(const City& city) {
    return {
        city, &city.city, &city.hill, &city.west, "990103001000", {&city.west}, {city.east.certificate.node},
        17};
}

inline Bytes child_of(const Node& node, const Node& issuer, std::string_view code_text, std::uint64_t serial) {
    Certificate c = node.certificate;
    c.code = code(code_text);
    c.parent = issuer.certificate.node;
    c.serial = serial;
    return *issue_certificate(c, issuer.keys.sign);
}

}  // namespace xinwang::sample
