// SPDX-License-Identifier: MIT
#include "codec/manifest.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/json_schema.h"
#include "codec/json_text.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_manifest =
    std::size_t{64} * 1024;                // bytes; the schema is most of one
constexpr std::size_t longest_text = 256;  // bytes of a name, as a log line shows it
constexpr std::size_t most_entries = 64;   // of agents, of uses
constexpr std::size_t deepest = 64;        // levels of JSON

Error invalid(const std::string& what) {
  return {"manifest_invalid", "manifest: " + what, "it is the plugin's author who can mend this"};
}

// Texts of a manifest end up in logs and on terminals.
bool is_printable(std::string_view text) {
  return text.size() <= longest_text && !has_control(text);
}

bool is_word(std::string_view text) {  // eg: "vap.state/1", "1.4.2-rc.1+linux"
  const auto belongs = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), belongs);
}

// Takes the members of one object, by name and type. Only the first thing wrong is kept: with an
// earlier one in hand, the others do nothing.
class Members {
 public:
  Members(const Json& object, std::string path, Problem& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {
    if (!object.is_object()) refuse(path_.empty() ? "it" : path_, "must be an object");
  }

  // The member, or null where it is missing or null.
  const Json* find(const char* key) {
    if (problem_) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  bool text(const char* key, std::string& out, bool (*fits)(std::string_view), const char* form) {
    const Json* found = find(key);
    if (!found) return false;
    if (!found->is_string() || !fits(found->get_ref<const std::string&>())) {
      refuse(name(key), std::string("must be ") + form);
      return false;
    }
    out = found->get<std::string>();
    return true;
  }

  void required_text(const char* key, std::string& out, bool (*fits)(std::string_view),
                     const char* form) {
    if (!text(key, out, fits, form) || out.empty()) refuse(name(key), "is missing or empty");
  }

  const Json* list(const char* key) {
    const Json* found = find(key);
    if (!found || (found->is_array() && found->size() <= most_entries)) return found;
    refuse(name(key), "must be a list of at most 64 entries");
    return nullptr;
  }

  void refuse(const std::string& where, const std::string& what) {
    if (!problem_) problem_ = invalid(where + " " + what);
  }

  [[nodiscard]] std::string name(const std::string& key) const {
    return "'" + (path_.empty() ? key : path_ + "." + key) + "'";
  }

 private:
  const Json& object_;
  std::string path_;
  Problem& problem_;
};

void take_identity(Members& members, Manifest& out) {
  members.required_text("id", out.id, is_plain_name,
                        "letters, digits, '.', '_' and '-', at most 64, eg: \"com.acme.booking\"");
  members.required_text("name", out.name, is_printable, "text of one line, at most 256 bytes");
  members.required_text("version", out.version, is_word, "a version, eg: \"1.4.2\"");
  members.text("vendor", out.vendor, is_printable, "text of one line, at most 256 bytes");
}

void take_abi(Members& members, Manifest& out, Problem& problem) {
  const Json* abi = members.find("abi");
  if (!abi) return;
  Members inner(*abi, "abi", problem);
  const Json* minor = inner.find("min_minor");
  if (!minor) return;
  if (!minor->is_number_unsigned() ||
      minor->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
    return inner.refuse(inner.name("min_minor"), "must be a whole number, 0 or above");
  }
  out.min_minor = minor->get<std::uint32_t>();
}

void take_agents(Members& members, Manifest& out, Problem& problem) {
  if (const Json* agents = members.list("agents")) {
    for (std::size_t i = 0; i < agents->size() && !problem; ++i) {
      Members entry((*agents)[i], "agents[" + std::to_string(i) + "]", problem);
      ManifestAgent agent;
      entry.required_text("id", agent.id, is_plain_name, "a plain name, eg: \"default\"");
      agent.name = agent.id;
      entry.text("name", agent.name, is_printable, "text of one line, at most 256 bytes");
      const bool taken = std::any_of(out.agents.begin(), out.agents.end(),
                                     [&](auto& other) { return other.id == agent.id; });
      if (taken) entry.refuse(entry.name("id"), "stands for two agents: '" + agent.id + "'");
      out.agents.push_back(std::move(agent));
    }
  }
  if (out.agents.empty()) out.agents.push_back({"default", out.name});
}

void take_uses(Members& members, Manifest& out) {
  const Json* uses = members.list("uses");
  if (!uses) return;
  for (const auto& entry : *uses) {
    if (!entry.is_string() || !is_word(entry.get_ref<const std::string&>())) {
      return members.refuse("'uses'", "must name extensions, eg: \"vap.state/1\"");
    }
    out.uses.push_back(entry.get<std::string>());
  }
}

void take_unload(Members& members, Manifest& out) {
  const Json* unload = members.find("unload");
  if (!unload) return;
  if (unload->is_boolean()) {
    out.unload = unload->get<bool>();
  } else if (*unload == "yes" || *unload == "no") {
    out.unload = *unload == "yes";
  } else {
    members.refuse("'unload'", "must be \"yes\" or \"no\"");
  }
}

void take_schema(Members& members, Manifest& out, Problem& problem) {
  const Json* schema = members.find("config_schema");
  if (!schema) return;
  if (!schema->is_object()) return members.refuse("'config_schema'", "must be an object");
  out.config_schema = schema->dump();
  problem = check_schema(out.config_schema);
}

}  // namespace

Result<Manifest> decode_manifest(std::string_view json) {
  if (json.size() > longest_manifest) return invalid("it is longer than 64 KiB");
  if (auto why = check_json(json, deepest)) return invalid(why->message);
  try {
    Manifest out;
    Problem problem;
    const auto document = Json::parse(json);
    Members members(document, "", problem);
    take_identity(members, out);
    take_abi(members, out, problem);
    take_agents(members, out, problem);
    take_uses(members, out);
    take_unload(members, out);
    take_schema(members, out, problem);
    if (problem) return std::move(*problem);
    return out;
  } catch (const std::exception& e) {
    return invalid(e.what());
  }
}

Problem check_agent_config(const Manifest& manifest, std::string_view config_json) {
  const auto first = config_json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || config_json[first] != '{') {
    return Error{"agent_config_invalid", "the configuration of an agent must be an object", ""};
  }
  const std::string schema = manifest.config_schema.empty() ? "{}" : manifest.config_schema;
  auto why = check_value(schema, config_json);
  if (why && why->code == "value_invalid") why->code = "agent_config_invalid";
  return why;
}

}  // namespace patchbay
