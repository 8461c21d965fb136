// SPDX-License-Identifier: MIT
#include "check/file_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ground/text.h"
#include "vap/vap.h"
#include "work/host_api.h"

namespace patchbay {
namespace {

constexpr std::string_view entry = "vap_plugin_v1";

// A few names are enough to know what is meant.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names.size(), most));
  return printable(fmt::format("{}{}", fmt::join(names.begin(), names.begin() + shown, ", "),
                               names.size() > most ? ", ..." : ""));
}

Verdict ident(const Trial& trial) {
  const Result<ElfFacts>& facts = trial.subject.facts;
  if (!facts) return failed(facts.error().text());
  return facts->has_ident ? passed() : failed("there is no section .vap with an ident note");
}

Verdict manifest_schema(const Trial& trial) {
  if (!trial.subject.facts->has_ident) return skipped("there is no ident note (see ident)");
  const Result<Manifest>& manifest = trial.subject.manifest;
  return manifest ? passed() : failed(manifest.error().message);
}

Verdict abi_version(const Trial& trial) {
  const ElfFacts& facts = *trial.subject.facts;
  if (!facts.has_ident) return skipped("there is no ident note (see ident)");
  if (facts.abi_major != VAP_ABI_MAJOR) {
    return failed(fmt::format("it was built for ABI {}.{}; this host serves {}.x", facts.abi_major,
                              facts.abi_minor, VAP_ABI_MAJOR));
  }
  const Result<Manifest>& manifest = trial.subject.manifest;
  if (manifest && manifest->min_minor > VAP_ABI_MINOR) {
    return failed(fmt::format("it needs ABI {}.{}; this host speaks {}.{}", VAP_ABI_MAJOR,
                              manifest->min_minor, VAP_ABI_MAJOR, VAP_ABI_MINOR));
  }
  return passed();
}

Verdict one_export(const Trial& trial) {
  std::vector<std::string> others = trial.subject.facts->exports;
  const auto found = std::find(others.begin(), others.end(), entry);
  if (found == others.end()) {
    return failed(others.empty()
                      ? "it exports nothing"
                      : fmt::format("it does not export {}, but: {}", entry, some_of(others)));
  }
  others.erase(found);
  if (others.empty()) return passed();
  return warned(
      fmt::format("it exports {} symbols besides {}: {}", others.size(), entry, some_of(others)));
}

Verdict no_unique_symbols(const Trial& trial) {
  const auto& unique = trial.subject.facts->unique;
  if (unique.empty()) return passed();
  return failed(
      fmt::format("{} of its symbols are STB_GNU_UNIQUE: {}", unique.size(), some_of(unique)));
}

// Go's own linker sets the flag; whoever sets it says no to being unloaded, and may say so openly.
Verdict no_nodelete(const Trial& trial) {
  const ElfFacts& facts = *trial.subject.facts;
  const bool declared = trial.subject.manifest && !trial.subject.manifest->unload;
  if (facts.go_runtime) return failed("it carries a Go runtime, which can never be unloaded");
  if (!facts.nodelete) return passed();
  return declared ? warned("it is marked NODELETE; its manifest says so too (unload: no)")
                  : failed("it is marked NODELETE");
}

Verdict no_static_tls(const Trial& trial) {
  return trial.subject.facts->static_tls ? warned("it uses initial-exec thread-local storage")
                                         : passed();
}

Verdict no_executable_stack(const Trial& trial) {
  return trial.subject.facts->executable_stack ? failed("it asks for an executable stack")
                                               : passed();
}

Verdict no_text_relocations(const Trial& trial) {
  return trial.subject.facts->text_relocations ? failed("it has text relocations") : passed();
}

Verdict needed_libraries_found(const Trial& trial) {
  std::vector<std::string> missing;
  for (const std::string& soname : trial.subject.facts->needed) {
    trial.step(fmt::format("loading {}", printable(soname)));
    if (!loader_finds(soname)) missing.push_back(soname);
  }
  if (missing.empty()) return passed();
  // It may have said itself where to look, with a RUNPATH.
  trial.step("loading");
  if (Library::load(trial.subject.candidate)) return passed();
  return failed(fmt::format("this machine has no {}", some_of(missing)));
}

Verdict uses_known_extensions(const Trial& trial) {
  const auto known = host_extensions();
  std::vector<std::string> unknown;
  for (const std::string& id : trial.subject.manifest->uses) {
    if (std::find(known.begin(), known.end(), id) == known.end()) unknown.push_back(id);
  }
  if (unknown.empty()) return passed();
  return failed(
      fmt::format("it cannot do without {}, which this host does not offer", some_of(unknown)));
}

constexpr Rule::Needs file = Rule::Needs::file, library = Rule::Needs::library,
                      manifest = Rule::Needs::manifest;

constexpr Rule rules[] = {
    {"ident", "file", file, "", "The file is a whole ELF library with an ident note.",
     "A host reads who a plugin is from the file, before any of its code runs.",
     "Put VAP_IDENT(\"{...}\") or VAP_AGENT(...) in exactly one source file; copy the file again "
     "if it was cut short.",
     ident},
    {"manifest-schema", "file", library, "",
     "The manifest is valid JSON with id, name and version, and all its members have the right "
     "types.",
     "A host that cannot read the manifest refuses the plugin.",
     "Correct the JSON in VAP_IDENT or VAP_AGENT, or in the MANIFEST file of vap_add_plugin().",
     manifest_schema},
    {"abi-version", "file", library, "",
     "It speaks ABI 1, and asks for no later minor version than the host has.",
     "Records and functions of another major version lie elsewhere in memory.",
     "Rebuild it with the vap.h of the host, or lower abi.min_minor and ask with VAP_HAS before "
     "use.",
     abi_version},
    {"one-export", "file", library, "", "It exports vap_plugin_v1 and nothing else.",
     "Every other exported symbol can be mixed up with one of another library in the same process.",
     "Build it with vap_add_plugin(), or link it with the version script vap.map.", one_export},
    {"no-unique-symbols", "file", library, "", "None of its symbols is STB_GNU_UNIQUE.",
     "One is enough to keep a version mapped for ever, and the next version uses the statics of "
     "the old one.",
     "Build it with vap_add_plugin(), or with -fno-gnu-unique and the version script vap.map.",
     no_unique_symbols},
    {"no-nodelete", "file", library, "",
     "It is not marked NODELETE and carries no runtime that cannot be unloaded.",
     "Such a library stays in memory after each reload.",
     "Link it without -z nodelete; write it in a language whose runtime can be unloaded, or say "
     "\"unload\": \"no\".",
     no_nodelete},
    {"no-static-tls", "file", library, "", "It does not use initial-exec thread-local storage.",
     "The loader has room for a few copies only, so that some later reload fails.",
     "Compile it with -fPIC and without -ftls-model=initial-exec.", no_static_tls},
    {"no-executable-stack", "file", library, "", "It does not ask for an executable stack.",
     "Loading it would make the stacks of the whole host executable.",
     "Link it with -Wl,-z,noexecstack; assembler sources need a .note.GNU-stack section.",
     no_executable_stack},
    {"no-text-relocations", "file", library, "", "It has no text relocations.",
     "Its code would have to be writable while it is loaded, which many systems forbid.",
     "Compile every object in it with -fPIC.", no_text_relocations},
    {"needed-libraries-found", "file", library, "",
     "Every library that it needs is on this machine.",
     "The loader refuses a plugin of which one dependency is missing.",
     "Install the library, link it statically, or set a RUNPATH that is absolute ($ORIGIN is not "
     "its directory).",
     needed_libraries_found},
    {"uses-known-extensions", "file", manifest, "",
     "The host offers every extension that its manifest names in uses.",
     "A host refuses a plugin that says it cannot do without what is not there.",
     "Leave out of uses what it can do without, and ask for it with get_extension at run time.",
     uses_known_extensions},
};

}  // namespace

std::span<const Rule> file_rules() {
  return rules;
}

}  // namespace patchbay
