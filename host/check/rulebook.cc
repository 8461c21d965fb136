// SPDX-License-Identifier: MIT
#include "check/rulebook.h"

#include "check/border_rules.h"
#include "check/file_rules.h"
#include "check/life_rules.h"
#include "check/load_rules.h"
#include "check/step_rules.h"
#include "check/tool_rules.h"
#include "check/turn_rules.h"
#include "ground/text.h"

namespace patchbay {

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> all;
  for (const auto group : {file_rules(), load_rules(), life_rules(), turn_rules(), step_rules(),
                           border_rules(), tool_rules()}) {
    for (const Rule& rule : group) all.push_back(&rule);
  }
  return all;
}

const Rule* find_rule(std::string_view name) {
  for (const Rule* rule : all_rules()) {
    if (rule->name == name) return rule;
  }
  return nullptr;
}

std::string_view nearest_rule(std::string_view typo) {
  std::vector<std::string_view> names;
  for (const Rule* rule : all_rules()) names.push_back(rule->name);
  return nearest(typo, names);
}

}  // namespace patchbay
