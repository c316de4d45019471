// A link profile: the layout that one province (or the nation) wants for its packages and answers, as data.
//
// The inner text of DB13/T 2787-2018 is not at hand and every province differs, so file naming, header, body,
// action letters and feedback columns are read from a TOML file (deploy/profiles/README.md explains each
// key); a new receiver is a new file, never a new binary. Pure, any thread. A profile that was parsed is
// complete and consistent: render() and parse_feedback() refuse only faults of the data, not of the profile.
// Unknown keys are refused, so that a misspelt key cannot silently mean the default.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/links/encoding.h"
#include "protocol/base/refusal.h"

namespace xinwang {

// Layout of a text: a table of comma-separated cells, or elements.
enum class LinkFormat : std::uint8_t { csv, xml };

// The first line of a CSV body: none, the fields' codes, or their labels.
enum class Heading : std::uint8_t { none, code, label };

// The place of the package's header: a file of its own, whose presence says that the package is complete, or
// the first lines of the body's file (CSV only).
enum class HeaderPlace : std::uint8_t { separate_file, first_lines };
enum class HeaderFormat : std::uint8_t { lines, xml };

enum class BodyColumnKind : std::uint8_t { row, action, record, origin, fields };
struct BodyColumn {
    BodyColumnKind is = BodyColumnKind::fields;
    std::string name;  // heading or element name; empty for `fields`, which bring their own
};

enum class HeaderItemKind : std::uint8_t {
    sender,
    receiver,
    catalogue,
    table,
    count,
    hash_algorithm,
    hash,
    package,
    guid,
    created,
    body_file,
    profile
};
struct HeaderItem {
    HeaderItemKind is = HeaderItemKind::sender;
    std::string name;
};

// The receiver's name for one catalogue.
struct CatalogueTable {
    std::string table;               // empty: the catalogue's own id
    std::vector<std::string> order;  // field codes to put first; the others follow in the catalogue's order
};

enum class FeedbackResult : std::uint8_t { accepted = 1, refused = 2 };

// Column (or element) names of the answers; `row` or `record` may be empty, not both; any other empty name
// means that the receiver has no such column.
struct FeedbackLayout {
    LinkFormat format = LinkFormat::csv;
    TextEncoding encoding = TextEncoding::utf8_bom;
    std::string row_element = "DATA";  // XML: the element of one row
    std::string package;
    std::string row;
    std::string record;
    std::string result;
    std::string reason;
    std::string message;
    std::map<std::string, FeedbackResult, std::less<>> results;  // result code -> its meaning
};

struct LinkProfile {
    std::string id;
    std::uint32_t version = 1;
    std::string receiver;          // named in the header as receiver
    int utc_offset_minutes = 480;  // of {date} and `created`

    std::uint32_t rows_per_package = 5000;
    std::string name_pattern;  // holds {package}; may hold {city}, {catalogue}, {date}

    LinkFormat format = LinkFormat::csv;
    TextEncoding encoding = TextEncoding::utf8_bom;
    std::string body_suffix;
    Heading heading = Heading::code;
    std::string root_element = "DATAS";
    std::string row_element = "DATA";
    std::vector<BodyColumn> columns;     // `fields` stands in it exactly once
    std::array<std::string, 3> actions;  // the names of add, correct, withdraw, in this order

    HeaderPlace header_place = HeaderPlace::separate_file;
    HeaderFormat header_format = HeaderFormat::lines;
    std::string header_suffix;
    std::string header_separator = "=";
    std::string header_element = "HEAD";
    std::vector<HeaderItem> header_items;

    std::map<std::string, CatalogueTable, std::less<>> catalogues;  // those not listed keep their own names
    FeedbackLayout feedback;
};

// Parses a profile. Refuses `bad_profile` with the dotted key that is wrong. Bounded by
// limits::profile_bytes_max.
Result<LinkProfile> parse_profile(std::string_view toml);

// True when `name` can be an XML element name in ASCII: a letter or '_', then letters, digits, '_', '-', '.'.
bool is_element_name(std::string_view name);

}  // namespace xinwang
