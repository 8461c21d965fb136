// SPDX-License-Identifier: MIT
#include "machine/store.h"
