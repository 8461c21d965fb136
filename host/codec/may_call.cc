// SPDX-License-Identifier: MIT
#include "codec/may_call.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "ground/text.h"

namespace patchbay {
namespace {

using Whom = std::map<std::string, std::vector<std::string>>;

constexpr const char* key = "may_call";

void check_names(const TomlValue& named, const std::string& agent, const Whom& whom,
                 Findings& findings) {
  std::vector<std::string_view> names;
  for (const auto& [name, unused] : whom) names.push_back(name);
  const auto check = [&](const TomlValue& text) {
    if (whom.contains(text.text)) return;
    const auto meant = nearest(text.text, names);
    findings.add(text.place,
                 "agents." + agent + ".may_call names no agent of this file: '" + text.text + "'",
                 meant.empty() ? "give it a table: [agents." + text.text + "]"
                               : "did you mean '" + std::string(meant) + "'?");
  };
  if (named.kind == TomlKind::text) return check(named);
  for (const TomlValue& text : named.items) check(text);
}

// The way from `from` back to `home`, agent by agent; empty where there is none. `seen` are those
// from which there is none.
std::vector<std::string> way_back(const std::string& from, const std::string& home,
                                  const Whom& whom, std::set<std::string>& seen) {
  if (!seen.insert(from).second) return {};
  const auto found = whom.find(from);
  if (found == whom.end()) return {};
  for (const std::string& next : found->second) {
    if (next == home) return {from, home};
    std::vector<std::string> way = way_back(next, home, whom, seen);
    if (way.empty()) continue;
    way.insert(way.begin(), from);
    return way;
  }
  return {};
}

std::string words_for(const std::vector<std::string>& ring) {
  std::string shown;
  for (const std::string& each : ring) shown.append(shown.empty() ? "" : " to ").append(each);
  return "agents." + ring.front() + ".may_call lets calls go round: from " + shown;
}

}  // namespace

std::vector<std::string> read_may_call(TableReader& agent) {
  std::vector<std::string> names;
  for (const TomlValue* text : agent.texts(key)) {
    if (!is_plain_name(text->text))
      agent.refuse(key, text->place, "wants names of agents, eg: \"bakery\"");
    names.push_back(text->text);
  }
  return names;
}

void check_may_call(const TomlValue& agents, const Whom& whom, Findings& findings) {
  std::set<std::string> told;  // one ring is one finding
  for (const auto& [agent, unused] : whom) {
    const TomlEntry* const table = agents.find(agent);
    const TomlEntry* const named = table == nullptr ? nullptr : table->value.find(key);
    if (named == nullptr) continue;
    check_names(named->value, agent, whom, findings);
    std::set<std::string> seen;
    const std::vector<std::string> ring = way_back(agent, agent, whom, seen);
    if (ring.empty() || told.contains(agent)) continue;
    told.insert(ring.begin(), ring.end());
    findings.add(named->value.place, words_for(ring),
                 "they could go on for ever; take one of these names out");
  }
}

}  // namespace patchbay
