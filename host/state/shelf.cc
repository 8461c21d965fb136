// SPDX-License-Identifier: MIT
#include "state/shelf.h"

namespace patchbay {

std::string shelf_name(std::string_view owner, std::string_view conversation) {
  std::string name(owner);
  name += '\n';
  name += conversation;
  return name;
}

}  // namespace patchbay
