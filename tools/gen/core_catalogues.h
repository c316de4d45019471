// The two core catalogues as they stood in deploy/catalogues when the program was built, for tools that must
// run without files: the generator, the simulator, the bench. A node takes its catalogues from the city's
// directory only.
#pragma once

#include <string_view>

namespace xinwang {

std::string_view licence_catalogue_toml();
std::string_view penalty_catalogue_toml();

}  // namespace xinwang
