// The city before its first hour: its tree, keys, certificates and first commits, as `xinwang city new` and
// `join` leave them. Certificates are issued directly; enrolment has its own tests.
#include <fmt/format.h>

#include "node/core/directory_entries.h"
#include "node/core/roster_rows.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/random.h"
#include "tools/gen/core_catalogues.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::uint64_t city_code = 130600000000;
constexpr std::uint64_t county_step = 1'000'000, township_step = 1'000, village_step = 1;

Catalogue parsed(const std::string& toml) {
    auto catalogue = parse_catalogue(toml);
    XW_CHECK(catalogue);
    return std::move(*catalogue);
}

}  // namespace

// Before its first start, with an empty disk.
SimNode blank_node(const Certificate& certificate, const SigningKey& sign, const OpeningKeys& open,
                   std::optional<std::size_t> parent) {
    return SimNode{certificate.name,
                   certificate.node,
                   certificate,
                   sign,
                   open,
                   parent,
                   parent ? std::vector{*parent} : std::vector<std::size_t>{},
                   Duration(0),
                   std::make_shared<MemoryDisk>(),
                   {},
                   nullptr,
                   {},
                   {},
                   nullptr,
                   nullptr,
                   nullptr,
                   0,
                   {},
                   {},
                   {},
                   false,
                   {},
                   false,
                   false,
                   0};
}

CityOptions CityOptions::from_seed(std::uint64_t seed, Duration fault_time) {
    Random r(seed * 0x5851F42D4C957F2Dull + 7);
    const auto one_of = [&r](std::initializer_list<double> values) {
        return values.begin()[r.below(values.size())];
    };
    CityOptions o;
    o.seed = seed;
    o.fault_time = fault_time;
    o.counties = static_cast<int>(r.between(1, 3));
    o.townships = static_cast<int>(r.between(o.counties, 4));
    o.villages = static_cast<int>(r.between(3, 6));
    o.files = static_cast<int>(r.between(15, 40));
    o.network.delay_mean = Duration(static_cast<std::int64_t>(one_of({5, 20, 20, 100, 400, 2'000})));
    o.network.healed_delay_mean = Duration(static_cast<std::int64_t>(one_of({5, 20, 20, 500})));
    o.network.bytes_per_second = one_of({0, 0, 0, 20'000, 1'200});
    o.network.cut = one_of({0, 0, 0.0005, 0.005});
    const bool hostile = r.chance(0.3);
    o.network.lost = hostile ? one_of({0, 0.001, 0.02}) : 0;
    o.network.doubled = hostile ? one_of({0, 0.001, 0.05}) : 0;
    o.network.overtaken = hostile ? one_of({0, 0.001, 0.05}) : 0;
    o.network.partition_per_hour = one_of({0, 0, 0.5, 3});
    o.network.partition_mean = Duration(static_cast<std::int64_t>(one_of({30'000, 600'000, 1'800'000})));
    o.told_of_cuts = r.chance(0.5);
    o.crash_per_turn = one_of({0, 0.002, 0.01, 0.03});
    o.long_downtime = one_of({0, 0.1, 0.3});
    o.full_per_hour = one_of({0, 0, 0.3, 1});
    o.bad_bytes_per_hour = one_of({0, 0, 1, 4});
    // A backup of bad bytes would stay bad: each has its own seeds.
    if (o.bad_bytes_per_hour == 0) o.restores_per_hour = one_of({0, 0, 0.5, 2});
    o.moves_per_hour = one_of({0.2, 1, 4});
    return o;
}

City::City(CityOptions options)
    : options_(options),
      sodium_(options.seed),
      random_(options.seed),
      licence_toml_(licence_catalogue_toml()),
      penalty_toml_(penalty_catalogue_toml()),
      licence_(parsed(licence_toml_)),
      penalty_(parsed(penalty_toml_)) {
    network_ = std::make_unique<Network>(
        random_, options_.network,
        [this](Instant when, std::function<void()> act) { at(when, std::move(act)); },
        [this](const Frame& frame) { deliver(frame); },
        [this](std::size_t child) {
            if (!options_.told_of_cuts) return;
            const auto told = [this, child](Core& core) { core.parent_connection_lost(clock(child)); };
            after(10, 3'000, [this, child, told] { post(child, told); });
        });
    build_tree();
}

City::~City() = default;

void City::build_tree() {
    nodes_.reserve(64);
    // Three root keys of one draw: what a seed makes of a city does not hang on how many there are.
    std::vector<SigningKey> roots{SigningKey::generate()};
    while (roots.size() < 3) {
        const auto seed = hash<Hash256>("XW-sim-root", {roots.back().seed()});
        roots.push_back(*SigningKey::from_seed(seed.view()));
    }
    std::vector<std::size_t> tier{add_node(city_code, std::nullopt)};
    const auto statement = first_statement(encode(nodes_[0].certificate), roots, 2, {}, now_);
    XW_CHECK(statement);
    const auto grow = [&](int count, std::uint64_t step) {
        std::vector<std::size_t> next;
        std::map<std::size_t, int> born;
        for (int i = 0; i < count; ++i) {
            // Each parent gets one first, then chance decides.
            const std::size_t parent = static_cast<std::size_t>(i) < tier.size()
                                           ? tier[static_cast<std::size_t>(i)]
                                           : tier[random_.below(tier.size())];
            // Numbered through the tier, or below each parent where a tier has more than its digits hold.
            const int number = count < 1000 ? i + 1 : ++born[parent];
            const std::uint64_t code =
                nodes_[parent].certificate.code.number() + step * static_cast<std::uint64_t>(number);
            next.push_back(add_node(code, parent));
        }
        tier = std::move(next);
    };
    grow(options_.counties, county_step);
    grow(options_.townships, township_step);
    grow(options_.villages, village_step);
    for (std::size_t i = 0; i < nodes_.size(); ++i) first_commit(i, *statement);
}

std::size_t City::add_node(std::uint64_t code, std::optional<std::size_t> parent) {
    const SigningKey sign = SigningKey::generate();
    const OpeningKey open = OpeningKey::generate();
    Certificate c;
    c.node = node_id_of(sign.public_key());
    c.code = *DivisionCode::from_number(code);
    c.tier = c.code.tier();
    c.name = fmt::format("{} {}", tier_name(c.tier), c.code.text());
    c.sign_key = sign.public_key();
    c.open_key = open.public_key();
    c.open_epoch = 1;
    c.transport_key = *TransportPublicKey::from(random_bytes(TransportPublicKey::size));
    if (parent) c.parent = nodes_[*parent].node;
    c.issued_ms = now_.ms;
    // The city's is the root's to renew.
    c.expires_ms = now_.ms + (parent ? options_.certificate_days : 3'650) * 86'400'000;
    const auto issued = issue_certificate(c, parent ? nodes_[*parent].sign_key : sign);
    XW_CHECK(issued);
    SimNode node = blank_node(*parse_certificate(*issued), sign, open, parent);
    const std::vector<const Catalogue*> catalogues{&licence_, &penalty_};
    node.people = std::make_unique<Submitter>(catalogues, options_.seed * 64 + nodes_.size(), c.code.text());
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
}

// A joined node knows its ancestors; a parent also knows the children it has certified, and says so in its
// trust log. The city's trust log, the directory, begins with its first statement and the catalogues.
void City::first_commit(std::size_t node, const DirectoryStatement& statement) {
    SimNode& n = nodes_[node];
    std::vector<Write> writes;
    Authoring authoring;
    const OwnLog trust{Lane::trust, {}};
    const auto publish = [&](const Entry& entry) {
        writes.emplace_back(authoring.add(trust, policy_open, encode(entry)));
    };
    const auto keep = [&](const Bytes& certificate) {
        const NodeId id = parse_certificate(certificate)->node;
        writes.emplace_back(Put{Table::certificates, to_bytes(id.view()), certificate});
    };
    writes.emplace_back(Put{Table::meta, to_bytes(view("root")), to_bytes(root_id_of(statement.roots).view())});
    writes.emplace_back(statement_row(statement));
    writes.emplace_back(Put{Table::meta, to_bytes(view("node")), to_bytes(n.node.view())});
    writes.emplace_back(Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)});
    for (std::optional<std::size_t> up = node; up; up = nodes_[*up].parent)
        keep(encode(nodes_[*up].certificate));
    if (!n.parent) {
        publish(directory_entry(encode(statement)));
        for (const std::string* toml : {&licence_toml_, &penalty_toml_}) {
            const Catalogue& catalogue = toml == &licence_toml_ ? licence_ : penalty_;
            publish(catalogue_entry(catalogue, *toml));
            writes.emplace_back(Put{Table::catalogues, to_bytes(view(catalogue.id)), to_bytes(view(*toml))});
        }
    }
    for (const SimNode& child : nodes_) {
        if (!child.parent || *child.parent != node) continue;
        keep(encode(child.certificate));
        publish(enrol_entry(encode(child.certificate)));
    }
    auto store = Store::open(make_memory_kv(n.disk));
    XW_CHECK(store && (*store)->commit(writes));
}

}  // namespace xinwang::sim
