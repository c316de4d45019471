// The results of a scenario: names and numbers in the order in which they were found, shown as a table or as
// one JSON object. Names end in their unit; a consumer of the JSON ignores names that it does not know.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace xinwang::bench {

enum class Form { table, json };

class Report {
  public:
    void add(std::string name, double value) { rows_.emplace_back(std::move(name), value); }
    std::string text(Form form) const;

  private:
    std::vector<std::pair<std::string, double>> rows_;
};

}  // namespace xinwang::bench
