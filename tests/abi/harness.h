// SPDX-License-Identifier: MIT
//
// harness.h - plugins and agents as a test wants them: made and unmade with an object, answering to
// the host in memory.
#pragma once

#include <dlfcn.h>
#include <vap/vap.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "toy_host.h"

namespace abi {

// One agent of a plugin, made and unmade with this object.
class MadeAgent {
 public:
  MadeAgent(ToyHost& host, const vap_plugin_t& plugin, const std::string& config = "{}",
            const std::string& id = "default")
      : host_(host), plugin_(plugin) {
    const vap_config_t c{sizeof c, 0, str(id), str("/agents/test"), str(config)};
    vap_error_t error{};
    status_ = plugin.create(host.abi(), &c, &agent_, &error);
    why_ = error.message;
  }
  MadeAgent(const MadeAgent&) = delete;
  ~MadeAgent() { destroy(); }

  void destroy() {
    if (vap_agent_t* const a = std::exchange(agent_, nullptr)) plugin_.destroy(a);
  }

  Answer hears(const std::string& text) { return gets("message", text); }
  Answer gets(const std::string& event, const std::string& text = "",
              const std::string& conversation = "conv_1", const std::string& json = "{}",
              const std::string& turn_id = "turn_1") {
    return host_.turn(plugin_, agent_, {event, text, conversation, json, turn_id});
  }

  vap_agent_t* get() const { return agent_; }
  vap_status_t status() const { return status_; }
  const std::string& why() const { return why_; }

 private:
  ToyHost& host_;
  const vap_plugin_t& plugin_;
  vap_agent_t* agent_ = nullptr;
  vap_status_t status_;
  std::string why_;
};

// A plugin's file, mapped with this object.
class LoadedPlugin {
 public:
  explicit LoadedPlugin(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_NOW)) {
    if (!handle_) throw std::runtime_error(dlerror());
    void* const symbol = dlsym(handle_, "vap_plugin_v1");
    if (!symbol) throw std::runtime_error(dlerror());
    entry_ = reinterpret_cast<const vap_plugin_t*(VAP_CALL*)()>(symbol);
  }
  LoadedPlugin(const LoadedPlugin&) = delete;
  ~LoadedPlugin() { dlclose(handle_); }

  const vap_plugin_t& operator*() const { return *entry_(); }
  const vap_plugin_t* operator->() const { return entry_(); }

 private:
  void* handle_;
  const vap_plugin_t* (*entry_)();
};

// Is a plugin's file still part of this process?
inline bool is_mapped(const std::string& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(file) != std::string::npos) return true;
  return false;
}

}  // namespace abi
