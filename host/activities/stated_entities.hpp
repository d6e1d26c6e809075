#pragma once

#include <vector>

#include "host/contracts/document.hpp"
#include "host/pipeline/entities.hpp"

namespace gantry::activities {

/// The entities that a document states beside its text: in its title, its participants and the
/// metadata that its connector made of the vendor's fields.
///
/// They have the (kind, value) that the rules give the same thing in a sentence, so that a load
/// named by an EDI tender, a shipment and an e-mail is one node. Metadata members are known by name
/// wherever they stand ("load_id", "loadNumber", "PRO #"), qualified references by their X12
/// qualifier; unknown names are passed over. begin and end are 0: nothing in the text is meant.
/// Each (kind, value) once, at most 200. [any-thread]
std::vector<pipeline::Entity> stated_entities(const Document& document,
                                              const pipeline::EntityExtractor& titles);

}  // namespace gantry::activities
