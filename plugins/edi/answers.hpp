#pragma once

#include <gantry/sdk/batch.hpp>

#include "file_context.hpp"

namespace gantry::edi {

/// Writes what each interchange of the file is answered with, once the file is read.
///
/// A control number belongs to an interchange's content, not to a call: it is stored before the
/// answer is written, so that a second reading of the file, after a crash anywhere, writes the
/// same bytes under the same name again. The same content in another file, or a second time in
/// this one, is a duplicate: TA1 025, and no second answer to its groups.
void write_answers(FileContext& file, sdk::Outbox& outbox);

}  // namespace gantry::edi
