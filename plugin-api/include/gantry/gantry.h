/* Everything of plugin ABI 1. */
#ifndef GANTRY_GANTRY_H_
#define GANTRY_GANTRY_H_

#include "gantry/abi.h"
#include "gantry/batch.h"
#include "gantry/check.h"
#include "gantry/host.h"
#include "gantry/manifest.h"
#include "gantry/plugin.h"
#include "gantry/poller.h"
#include "gantry/stream.h"
#include "gantry/webhook.h"

#endif /* GANTRY_GANTRY_H_ */
