// The worked example of WIRE.md: a village V and its city C with fixed keys, two records sealed for both, the
// log's head and the city's receipt.
#pragma once

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/checkpoint.h"
#include "protocol/entry.h"
#include "protocol/envelope.h"
#include "protocol/merkle.h"
#include "tests/protocol/fixed_random.h"

namespace xinwang::testing {

inline Bytes repeated(std::uint8_t byte, std::size_t size = 32) {
    return Bytes(size, byte);
}

inline Entry example_record(std::uint32_t row) {
    Entry e;
    e.kind = EntryKind::publish;
    e.record = *RecordId::from(repeated(static_cast<std::uint8_t>(0xA0 + row), 16));
    e.subject = "91130600MA0000000X";
    e.date = 20261105;
    e.row = row;
    e.catalogue = "licence";
    e.catalogue_version = 1;
    e.fields = {"保定市示例有限公司",
                "法人及非法人组织",
                "91130600MA0000000X",
                "",
                "冀保许字第" + std::to_string(row) + "号",
                ""};
    return e;
}

struct Example {
    SigningKey village = *SigningKey::from_seed(repeated(0x11));
    OpeningKey village_open = *OpeningKey::from_secret(repeated(0x12));
    SigningKey city = *SigningKey::from_seed(repeated(0x21));
    OpeningKey city_open = *OpeningKey::from_secret(repeated(0x22));
    NodeId village_id = node_id_of(village.public_key());
    NodeId city_id = node_id_of(city.public_key());

    LogId log{village_id, *Incarnation::from(repeated(0x13, 16)), Lane::records, {}};

    SealRequest request() const {
        SealRequest r;
        r.log = log;
        r.created_ms = 1'795'000'000'000;
        r.directory_version = 7;
        r.directory_hash = *Hash256::from(repeated(0x77));
        r.policy_id = 1;
        r.recipients = {{village_id, 1, village_open.public_key()}, {city_id, 3, city_open.public_key()}};
        return r;
    }
    EntryBlock entries(std::uint32_t count = 2) const {
        EntryBlock out;
        for (std::uint32_t row = 1; row <= count; ++row) out.add(encode(example_record(row)));
        return out;
    }
    SealedBatch batch(std::uint32_t count = 2) const {
        return seal(request(), pack(entries(count)).chunks, village);
    }

    std::string head(const BatchId& id) const {
        Frontier tree;
        tree.append(id);
        return sign_head(log, tree.size(), tree.root(), village_id, village);
    }
    std::string receipt(const BatchId& id) const { return cosign(head(id), 1'795'000'060, city_id, city); }
};

// All entries of a batch, in order.
inline Result<std::vector<Bytes>> open_all(const BatchHeader& header, std::span<const View> pieces,
                                           const ContentKey& key) {
    std::vector<Bytes> entries;
    XW_TRY_VOID(scan_batch(header, pieces, key, [&](std::uint32_t position, View entry) -> Result<void> {
        XW_CHECK(position == entries.size());
        entries.push_back(to_bytes(entry));
        return {};
    }));
    return entries;
}

inline std::vector<View> views(const std::vector<Bytes>& pieces) {
    return {pieces.begin(), pieces.end()};
}

}  // namespace xinwang::testing
