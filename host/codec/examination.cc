// SPDX-License-Identifier: MIT
#include "codec/examination.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "vap/vap.h"

namespace patchbay {
namespace {

constexpr std::string_view entry = "vap_plugin_v1";

bool exports(const ElfFacts& facts, std::string_view symbol) {
  return std::find(facts.exports.begin(), facts.exports.end(), symbol) != facts.exports.end();
}

// A plugin of another major version exports vap_plugin_v<N>: say so, instead of "not a plugin".
Error wrong_entry(const ElfFacts& facts) {
  for (const std::string& symbol : facts.exports) {
    if (symbol.starts_with("vap_plugin_v")) {
      return {"wrong_abi",
              fmt::format("it speaks another major version of the plugin ABI: it exports {}, this "
                          "host serves {}",
                          symbol, entry),
              "rebuild it with vap 1.x, or use a host that serves its version"};
    }
  }
  return {"no_entry", fmt::format("it does not export {}, so it is no voice agent plugin", entry),
          "build it with vap_add_plugin() and VAP_AGENT (or define the function and VAP_IDENT)"};
}

Problem refuse_facts(const ElfFacts& facts, const HostAbilities& host) {
  if (!exports(facts, entry)) return wrong_entry(facts);
  if (!facts.has_ident) {
    return Error{"no_ident", "it has no ident note (a section .vap with its manifest)",
                 "put VAP_IDENT(\"{...}\") or VAP_AGENT in exactly one source file"};
  }
  if (facts.abi_major != VAP_ABI_MAJOR) {
    return Error{"wrong_abi",
                 fmt::format("its ident note says ABI {}.{}, this host serves {}.x",
                             facts.abi_major, facts.abi_minor, VAP_ABI_MAJOR),
                 "rebuild it with vap 1.x"};
  }
  if (facts.executable_stack || facts.text_relocations) {
    return Error{
        facts.executable_stack ? "executable_stack" : "text_relocations",
        facts.executable_stack ? "it asks for an executable stack" : "it has text relocations",
        facts.executable_stack ? "link it with -Wl,-z,noexecstack" : "compile it with -fPIC"};
  }
  if (facts.go_runtime && !host.allow_pinned) {
    return Error{"go_runtime",
                 "it carries a Go runtime, which replaces the process's handlers of signals and "
                 "can never be "
                 "unloaded",
                 "to serve it all the same, kept mapped until the host ends, set allow_pinned = "
                 "true in [plugins]"};
  }
  return std::nullopt;
}

Problem refuse_manifest(const Manifest& manifest, const HostAbilities& host) {
  if (manifest.min_minor > host.abi_minor) {
    return Error{"needs_newer_host",
                 fmt::format("{} needs plugin ABI 1.{}, this host speaks 1.{}", manifest.id,
                             manifest.min_minor, host.abi_minor),
                 "use a newer host"};
  }
  for (const std::string& id : manifest.uses) {
    if (std::find(host.extensions.begin(), host.extensions.end(), id) == host.extensions.end()) {
      return Error{
          "needs_extension",
          fmt::format("{} cannot do without {}, which this host does not offer", manifest.id, id),
          fmt::format("this host offers {}", fmt::join(host.extensions, ", "))};
    }
  }
  return std::nullopt;
}

std::vector<Error> warnings_of(const ElfFacts& facts, const Manifest& manifest) {
  std::vector<Error> found;
  if (!facts.unique.empty()) {
    found.push_back(
        {"unique_symbols",
         fmt::format("it has {} STB_GNU_UNIQUE symbols (eg. {}): it stays mapped after a reload, "
                     "and the next version would share its statics",
                     facts.unique.size(), facts.unique.front()),
         "build it with vap_add_plugin(), or with -fno-gnu-unique and the version script vap.map"});
  }
  if (facts.nodelete && !facts.go_runtime) {
    found.push_back({"nodelete", "it is marked NODELETE: it stays mapped after a reload",
                     "link it without -z nodelete"});
  }
  if (facts.go_runtime) {
    found.push_back({"go_runtime", "it carries a Go runtime: it stays mapped until the host ends",
                     "restart the host to replace it"});
  }
  if (facts.static_tls) {
    found.push_back(
        {"static_tls",
         "it uses initial-exec thread-local storage: only a few copies can be loaded at once",
         "compile it without -ftls-model=initial-exec"});
  }
  if (!manifest.unload) {
    found.push_back(
        {"unload_no", "its manifest says unload: no: it stays mapped after a reload", ""});
  }
  if (facts.exports.size() > 1) {
    found.push_back(
        {"many_exports",
         fmt::format("it exports {} symbols; a plugin needs only {}", facts.exports.size(), entry),
         "build it with vap_add_plugin(), or link it with the version script vap.map"});
  }
  return found;
}

}  // namespace

Result<Examination> examine(std::string_view file, const HostAbilities& host) {
  Result<ElfFacts> facts = read_elf(file);
  if (!facts) return std::move(facts).error();
  if (Problem wrong = refuse_facts(*facts, host)) return *std::move(wrong);
  Result<Manifest> manifest = decode_manifest(facts->manifest);
  if (!manifest) return std::move(manifest).error();
  if (Problem wrong = refuse_manifest(*manifest, host)) return *std::move(wrong);
  std::vector<Error> warnings = warnings_of(*facts, *manifest);
  return Examination{*std::move(facts), *std::move(manifest), std::move(warnings)};
}

}  // namespace patchbay
