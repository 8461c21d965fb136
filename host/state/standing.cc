// SPDX-License-Identifier: MIT
#include "state/standing.h"
