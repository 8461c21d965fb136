// SPDX-License-Identifier: MIT
#include "cli/inspect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "check/subject.h"
#include "cli/plugin_directory.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "ground/text.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::vector<std::string>;

constexpr std::size_t most_names = 8;  // of exports, of libraries: more is no longer read

struct Flags {
  std::string file;
  bool json = false;
};

// --- what there is to say

Names flags_of(const ElfFacts& facts) {
  Names flags;
  if (!facts.unique.empty()) flags.push_back("unique");
  if (facts.nodelete) flags.push_back("nodelete");
  if (facts.static_tls) flags.push_back("static-tls");
  if (facts.go_runtime) flags.push_back("go");
  if (facts.executable_stack) flags.push_back("executable-stack");
  if (facts.text_relocations) flags.push_back("text-relocations");
  return flags;
}

Json json_of(const Error& error) {
  return {{"code", error.code}, {"message", error.message}, {"hint", error.hint}};
}

Json json_of(const Manifest& manifest) {
  Json agents = Json::array();
  for (const ManifestAgent& agent : manifest.agents) {
    agents.push_back({{"id", agent.id}, {"name", agent.name}});
  }
  Json out = {{"id", manifest.id},         {"name", manifest.name},
              {"vendor", manifest.vendor}, {"version", manifest.version},
              {"agents", agents},          {"uses", manifest.uses},
              {"unload", manifest.unload}, {"min_minor", manifest.min_minor}};
  out["config_schema"] =
      manifest.config_schema.empty() ? Json() : Json::parse(manifest.config_schema, nullptr, false);
  return out;
}

void add_facts(Json& out, const ElfFacts& facts) {
  out["machine"] = facts.machine;
  out["build_id"] = facts.build_id;
  if (facts.has_ident) out["abi"] = fmt::format("{}.{}", facts.abi_major, facts.abi_minor);
  out["exports"] = facts.exports;
  out["needed"] = facts.needed;
  out["newest_glibc"] = facts.newest_glibc;
  out["flags"] = flags_of(facts);
}

Json json_of(const Subject& subject) {
  Json out = {{"file", subject.candidate.file().string()},
              {"size", subject.candidate.bytes().size()},
              {"sha256", subject.candidate.digest()}};
  if (subject.facts) add_facts(out, *subject.facts);
  if (subject.manifest) out["manifest"] = json_of(*subject.manifest);
  out["loadable"] = static_cast<bool>(subject.verdict);
  if (subject.verdict) {
    out["warnings"] = Json::array();
    for (const Error& warning : subject.verdict->warnings)
      out["warnings"].push_back(json_of(warning));
  } else {
    out["refused"] = json_of(subject.verdict.error());
  }
  return out;
}

void print(const Json& document) {
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

// --- for a person

void print_row(std::string_view label, std::string_view value) {
  if (!value.empty()) fmt::print("  {:<13} {}\n", label, printable(value));
}

std::string list_of(const Names& names) {
  const auto shown = std::min(names.size(), most_names);
  std::string text = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::string size_of(std::size_t bytes) {
  constexpr double kib = 1024;
  const auto size = static_cast<double>(bytes);
  if (size < kib) return fmt::format("{} bytes", bytes);
  if (size < kib * kib) return fmt::format("{:.1f} KiB ({} bytes)", size / kib, bytes);
  return fmt::format("{:.1f} MiB ({} bytes)", size / kib / kib, bytes);
}

// "greeting (string)", as far as the schema names them.
Names keys_of(const std::string& schema) {
  Names keys;
  const Json document = Json::parse(schema, nullptr, false);
  const auto properties = document.is_object() ? document.find("properties") : document.end();
  if (properties == document.end() || !properties->is_object()) return keys;
  for (const auto& [key, value] : properties->items()) {
    const bool typed = value.is_object() && value.contains("type") && value["type"].is_string();
    keys.push_back(typed ? fmt::format("{} ({})", key, value["type"].get<std::string>()) : key);
  }
  return keys;
}

void print_manifest(const Manifest& manifest) {
  print_row("plugin", fmt::format("{} {}", manifest.id, manifest.version));
  print_row("name", manifest.name);
  print_row("vendor", manifest.vendor);
  Names agents;
  for (const ManifestAgent& agent : manifest.agents) {
    agents.push_back(agent.id == agent.name ? agent.id
                                            : fmt::format("{} ({})", agent.id, agent.name));
  }
  print_row("agents", list_of(agents));
  print_row("uses", list_of(manifest.uses));
  print_row("config keys", list_of(keys_of(manifest.config_schema)));
  print_row("unload", manifest.unload ? "" : "no: it asks to stay mapped");
}

void print_facts(const ElfFacts& facts, const Result<Manifest>& manifest) {
  if (facts.has_ident) {
    const std::uint32_t least = manifest ? manifest->min_minor : 0;
    print_row("ABI", fmt::format("built with {}.{}, needs at least {}.{}", facts.abi_major,
                                 facts.abi_minor, facts.abi_major, least));
  }
  print_row("machine", facts.machine);
  print_row("build id", facts.build_id);
  print_row("exports", facts.exports.empty() ? "nothing" : list_of(facts.exports));
  print_row("needs", facts.needed.empty() ? "no library" : list_of(facts.needed));
  if (!facts.newest_glibc.empty()) {
    print_row("glibc",
              fmt::format("{} or later (here: {})", facts.newest_glibc, ::gnu_get_libc_version()));
  }
  const Names flags = flags_of(facts);
  print_row("flags", flags.empty() ? "none" : list_of(flags));
}

void print_remark(std::string_view kind, const Error& error) {
  fmt::print("\n{}: {} [{}]\n", kind, printable(error.message), error.code);
  if (!error.hint.empty()) fmt::print("  {}\n", printable(error.hint));
}

void print_text(const Subject& subject) {
  fmt::print("{}\n", printable(subject.candidate.file().string()));
  if (subject.manifest) print_manifest(*subject.manifest);
  if (subject.facts) print_facts(*subject.facts, subject.manifest);
  print_row("size", size_of(subject.candidate.bytes().size()));
  print_row("sha256", subject.candidate.digest());
  if (!subject.verdict) return print_remark("refused", subject.verdict.error());
  for (const Error& warning : subject.verdict->warnings) print_remark("warning", warning);
  fmt::print("\nloadable\n");
}

int refuse_file(const Flags& flags, const Error& why) {
  if (!flags.json) return fail(why);
  const Json out = {{"file", flags.file}, {"loadable", false}, {"refused", json_of(why)}};
  print(out);
  return exit_failed;
}

int inspect(const Flags& flags) {
  const Result<Subject> subject = open_subject(plugin_file(flags.file));
  if (!subject) return refuse_file(flags, subject.error());
  if (flags.json) {
    print(json_of(*subject));
  } else {
    print_text(*subject);
  }
  return subject->verdict ? exit_good : exit_failed;
}

}  // namespace

void add_inspect(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "inspect", "Show what a plugin file says of itself, without running it");
  verb.text("file", flags->file, "The plugin: a file, or the name of one of the sample agents")
      .required()
      .shown_as("FILE.so|AGENT");
  verb.flag("--json", flags->json, "For scripts: one JSON object");
  verb.footer(
      "Exit code: 0 where a host would load it, 1 where it would be refused (the reason is "
      "shown).\n"
      "Examples:\n"
      "  patchbay inspect plugins/bakery.so\n"
      "  patchbay inspect bakery.so --json | jq -r .manifest.version");
  verb.runs([flags, &exit] { exit = inspect(*flags); });
}

}  // namespace patchbay
