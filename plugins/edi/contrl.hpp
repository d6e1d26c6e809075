#pragma once

#include "acknowledge.hpp"

namespace gantry::edi {

bool needs_contrl(const Interchange& interchange, const Settings& settings);

/// The answer to one EDIFACT interchange: CONTRL 4, with UCI, and UCF and UCM where there is
/// something to say of a group or message. Ids swapped, default separators.
Acknowledgement write_contrl(const Interchange& interchange, const AckNumbers& numbers);

}  // namespace gantry::edi
