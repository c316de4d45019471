#include "node/edge/node_config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <set>

#include "node/edge/files.h"

namespace xinwang {
namespace {

constexpr std::size_t config_bytes_max = 64u << 10;

// Reads known keys from a parsed file; what it did not ask for is unknown to this version and refused.
class ConfigTable {
  public:
    explicit ConfigTable(const toml::table& table) : table_(table) {}

    void text(const char* section, const char* key, std::string& into, const char* example = nullptr) {
        known_.insert(std::string(section) + "." + key);
        if (const auto node = table_[section][key]) {
            if (const auto value = node.value<std::string>())
                into = *value;
            else
                fail(section, key, example == nullptr ? "text" : fmt::format("text, say \"{}\"", example));
        }
    }
    template <class T>
    void number(const char* section, const char* key, T& into, std::int64_t low, std::int64_t high) {
        known_.insert(std::string(section) + "." + key);
        const auto node = table_[section][key];
        if (!node) return;
        const auto value = node.value<std::int64_t>();
        if (value && *value >= low && *value <= high)
            into = static_cast<T>(*value);
        else
            fail(section, key, fmt::format("{}..{}", low, high));
    }
    Result<void> finish() {
        if (refusal_) return tl::unexpected(*refusal_);
        for (const auto& [section, content] : table_) {
            const toml::table* keys = content.as_table();
            if (keys == nullptr) return refuse(Code::bad_config, std::string(section.str()), "", "[section]");
            for (const auto& [key, value] : *keys) {
                const std::string name = std::string(section.str()) + "." + std::string(key.str());
                if (!known_.contains(name)) return refuse(Code::bad_config, name, "", "a known key");
            }
        }
        return {};
    }

  private:
    void fail(const char* section, const char* key, const std::string& limit) {
        if (!refusal_) refusal_ = Refusal(Code::bad_config, fmt::format("{}.{}", section, key), "", limit);
    }
    const toml::table& table_;
    std::set<std::string> known_;
    std::optional<Refusal> refusal_;
};

// "130602000000@10.2.0.1:7301, 130600000000@10.1.0.1:7301"
Result<std::vector<Standby>> parse_standby(std::string_view text) {
    std::vector<Standby> all;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view one = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
        while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
        const std::size_t mark = one.find('@');
        const auto code = DivisionCode::parse(one.substr(0, mark));
        if (!code || mark == std::string_view::npos || mark + 1 == one.size())
            return refuse(Code::bad_config, "standby.parents", std::string(one), "code@host:port");
        all.push_back({*code, std::string(one.substr(mark + 1))});
    }
    return all;
}

}  // namespace

Result<void> check_apart(std::string_view data, std::string_view enrol) {
    if (!data.empty() && data == enrol) return refuse(Code::same_address, "listen", data, "enrol");
    return {};
}

Result<NodeConfig> parse_config(std::string_view toml) {
    toml::table table;
    try {
        table = toml::parse(toml);
    } catch (const toml::parse_error& error) {
        return refuse(Code::bad_config, "node.toml", std::string(error.description()),
                      fmt::format("line {}", error.source().begin.line));
    }
    NodeConfig c;
    std::string parent_key, standby;
    ConfigTable in(table);
    in.text("listen", "data", c.data_listen);
    in.text("listen", "enrol", c.enrol_listen);
    in.text("public", "data", c.public_data_address);
    in.text("public", "enrol", c.public_enrol_address);
    in.text("parent", "address", c.parent_address);
    in.text("parent", "key", parent_key);
    in.text("standby", "parents", standby, "130602000000@10.2.0.1:7301, 130600000000@10.1.0.1:7301");
    in.number("standby", "away_ms", c.patience.away, 1000, day_ms);
    in.number("standby", "home_ms", c.patience.home_again, 1000, day_ms);
    in.number("standby", "trial_ms", c.patience.trial, 1000, day_ms);
    in.number("node", "workers", c.workers, 1, 64);
    in.text("node", "head_file", c.head_file);
    in.number("timing", "hello_ms", c.timing.hello_every, 50, day_ms);
    in.number("timing", "ping_ms", c.timing.ping_every, 100, 20'000);
    in.number("timing", "stall_ms", c.timing.stall_after, 1000, day_ms);
    in.number("timing", "resume_ms", c.timing.resume_wait, 100, day_ms);
    in.number("timing", "refresh_ms", c.timing.refresh_every, 100, day_ms);
    in.number("timing", "head_ms", c.timing.head_every, 1000, day_ms);
    in.number("keys", "certificate_ms", c.timing.renewal.certificate, 1000, 3'660 * day_ms);
    in.number("keys", "epoch_ms", c.timing.renewal.epoch, 1000, 3'660 * day_ms);
    in.number("keys", "ahead_ms", c.timing.renewal.ahead, 100, 366 * day_ms);
    in.number("keys", "ask_ms", c.timing.renewal.ask_every, 100, 30 * day_ms);
    in.number("retention", "carried_days", c.retention.carried_days, 0, 100'000);
    in.number("retention", "settle_days", c.retention.settle_days, 0, 100'000);
    in.number("retention", "apply_every_ms", c.retention_every, 0, 366 * day_ms);
    in.number("scrub", "bytes_per_s", c.timing.scrub_bytes_per_s, 0, 1'000'000'000);
    in.number("scrub", "every_ms", c.timing.scrub_every, 100, 366 * day_ms);
    in.number("scrub", "retry_first_ms", c.timing.healing.first, 100, day_ms);
    in.number("scrub", "retry_max_ms", c.timing.healing.most, 100, 7 * day_ms);
    in.number("timing", "reconnect_first_ms", c.reconnect_first, 10, day_ms);
    in.number("timing", "reconnect_max_ms", c.reconnect_max, 10, day_ms);
    XW_TRY_VOID(in.finish());
    XW_TRY_VOID(check_apart(c.data_listen, c.enrol_listen));
    XW_TRY(others, parse_standby(standby));
    c.standby = std::move(others);
    if (c.parent_address.empty() != parent_key.empty())
        return refuse(Code::bad_config, "parent", c.parent_address, "address and key together");
    if (!parent_key.empty()) {
        const auto key = TransportPublicKey::parse_hex(parent_key);
        if (!key) return refuse(Code::bad_config, "parent.key", parent_key, "64 hexadecimal digits");
        c.parent_key = *key;
    }
    return c;
}

Result<NodeConfig> read_config(const std::filesystem::path& file) {
    XW_TRY(bytes, read_file(file, config_bytes_max));
    return parse_config(text(bytes));
}

Result<void> set_parent(const std::filesystem::path& file, const std::string& address,
                        const TransportPublicKey& key) {
    XW_TRY(bytes, read_file(file, config_bytes_max));
    std::string out;
    bool in_parent = false, said = false;
    for (std::string_view rest = text(bytes); !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t from = line.find_first_not_of(" \t");
        const std::string_view word = from == line.npos
                                          ? std::string_view()
                                          : line.substr(from, line.find_first_of(" \t=\r", from) - from);
        if (word.starts_with('[')) in_parent = word == "[parent]";
        if (in_parent && (word == "address" || word == "key")) continue;
        out += std::string(line) + "\n";
        if (!in_parent || std::exchange(said, true)) continue;
        out += fmt::format("address = \"{}\"\nkey = \"{}\"\n", address, key.hex());
    }
    if (!said) out += fmt::format("\n[parent]\naddress = \"{}\"\nkey = \"{}\"\n", address, key.hex());
    // What does not read back is not written: the form of an operator's file is free.
    XW_TRY(changed, parse_config(out));
    if (changed.parent_address != address || changed.parent_key != key)
        return refuse(Code::bad_config, "parent", changed.parent_address, address);
    return write_file_atomic(file, view(out), FileMode::shared);
}

Result<void> write_config(const std::filesystem::path& file, const NodeConfig& c) {
    std::string toml = "# What each key means: deploy/README.md.\n";
    if (!c.data_listen.empty())
        toml += fmt::format("\n[listen]\ndata = \"{}\"\nenrol = \"{}\"\n", c.data_listen, c.enrol_listen);
    if (!c.parent_address.empty())
        toml +=
            fmt::format("\n[parent]\naddress = \"{}\"\nkey = \"{}\"\n", c.parent_address, c.parent_key.hex());
    return write_file_atomic(file, view(toml), FileMode::shared);
}

}  // namespace xinwang
