#pragma once

#include <string_view>

#include "grammar.hpp"
#include "warnings.hpp"

namespace gantry::edi {

/// The code of data element 723 that says what is wrong with `value`, or 0. `value` is not empty.
/// 4 short, 5 long, 6 character, 7 code, 8 date, 9 time.
int check_element(const ElementRule& rule, std::string_view value, bool strict, Warnings& warnings);

}  // namespace gantry::edi
