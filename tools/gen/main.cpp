// xinwang-gen: sample files of any size for trying, testing and measuring intake.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "node/intake/text.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

using namespace xinwang;

namespace {

struct Arguments {
    std::string catalogue_file, kind = "licence", encoding = "utf-8", header = "labels", out = "-", each;
    std::uint64_t rows = 1000;
    SampleOptions sample;
};

Result<Catalogue> load(const Arguments& arguments) {
    if (arguments.catalogue_file.empty())
        return parse_catalogue(arguments.kind == "penalty" ? penalty_catalogue_toml()
                                                           : licence_catalogue_toml());
    std::ifstream file(arguments.catalogue_file, std::ios::binary);
    if (!file) return refuse(Code::catalogue_malformed, arguments.catalogue_file, "-", "a readable file");
    return parse_catalogue(std::string(std::istreambuf_iterator<char>(file), {}));
}

void write_rows(const Arguments& arguments, const Catalogue& catalogue, std::ostream& out) {
    const bool gb = arguments.encoding == "gb18030";
    const auto put = [&](const std::string& utf8) { out << (gb ? to_gb18030(utf8) : utf8); };
    if (arguments.encoding == "utf-8-bom") out << "\xEF\xBB\xBF";
    put(csv_header(catalogue, arguments.header == "codes"  ? HeaderRows::codes
                              : arguments.header == "both" ? HeaderRows::both
                                                           : HeaderRows::labels));
    const Sampler sampler(catalogue, arguments.sample);
    std::string block;
    for (std::uint64_t i = 0; i < arguments.rows; ++i) {
        block += csv_line(sampler.row(i).values);
        if (block.size() < (1u << 20) && i + 1 < arguments.rows) continue;
        put(block);
        block.clear();
    }
}

bool write_file(const Arguments& arguments, const Catalogue& catalogue) {
    std::ofstream file(arguments.out, std::ios::binary | std::ios::trunc);
    write_rows(arguments, catalogue, file);
    file.close();
    if (file) return true;
    std::cerr << "cannot write " << arguments.out << "\nTry: another place or more room.\n";
    return false;
}

// DIR/CODE.csv for each code of a list, which is one on a line, whatever follows it. Each has rows of its own.
int write_each(Arguments arguments, const Catalogue& catalogue) {
    std::ifstream codes(arguments.each);
    if (!codes) {
        std::cerr << "cannot read " << arguments.each << "\nTry: a file with one division code on each line\n";
        return 6;
    }
    const std::string folder = std::exchange(arguments.out, "");
    for (std::string line; std::getline(codes, line);) {
        if (line.size() < 12 || line.substr(0, 12).find_first_not_of("0123456789") != std::string::npos)
            continue;
        arguments.sample.division = line.substr(0, 12);
        arguments.out = folder + "/" + arguments.sample.division + ".csv";
        if (!write_file(arguments, catalogue)) return 1;
        ++arguments.sample.seed;
    }
    return 0;
}

int run(const Arguments& arguments) {
    const auto catalogue = load(arguments);
    if (!catalogue) {
        std::cerr << catalogue.error().line(Language::english) << '\n';
        return 6;
    }
    if (!arguments.each.empty()) return write_each(arguments, *catalogue);
    if (arguments.out == "-") {
        write_rows(arguments, *catalogue, std::cout);
        return std::cout.flush() ? 0 : 1;
    }
    return write_file(arguments, *catalogue) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{"Deterministic sample data: the same options give the same bytes on every machine.",
                 "xinwang-gen"};
    app.add_option("--catalogue", arguments.catalogue_file, "catalogue file (TOML); else one of the core ones");
    app.add_option("--kind", arguments.kind, "licence (default) or penalty")
        ->check(CLI::IsMember({"licence", "penalty"}));
    app.add_option("--rows", arguments.rows, "rows of data (default 1000)");
    app.add_option("--seed", arguments.sample.seed, "seed (default 1)");
    app.add_option("--bad", arguments.sample.bad_percent, "share of bad rows in percent")
        ->check(CLI::Range(0, 100));
    app.add_option("--persons", arguments.sample.persons_percent, "share of natural persons in percent")
        ->check(CLI::Range(0, 100));
    app.add_option("--division", arguments.sample.division, "division code, 12 digits (default 130602000000)");
    app.add_option("--today", arguments.sample.today, "yyyymmdd; decisions lie in the two years before");
    app.add_option("--encoding", arguments.encoding, "utf-8 (default), utf-8-bom or gb18030")
        ->check(CLI::IsMember({"utf-8", "utf-8-bom", "gb18030"}));
    app.add_option("--header", arguments.header, "labels (default), codes or both")
        ->check(CLI::IsMember({"labels", "codes", "both"}));
    auto* out = app.add_option("--out", arguments.out, "file to write (default: standard output)");
    app.add_option("--each", arguments.each,
                   "a list of division codes: --out is a folder and gets CODE.csv for each")
        ->needs(out);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    const auto& division = arguments.sample.division;
    if (division.size() != 12 || division.find_first_not_of("0123456789") != std::string::npos) {
        std::cerr << "--division: 12 digits are needed\nTry: --division 130602000000\n";
        return 2;
    }
    return run(arguments);
}
