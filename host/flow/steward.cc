// SPDX-License-Identifier: MIT
#include "flow/steward.h"
