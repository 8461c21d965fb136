// SPDX-License-Identifier: MIT
//
// All macros of vap.h, and a table, in the oldest C++ that it promises: C++11.
#include <vap/vap.h>
// Twice is as good as once.
#include <vap/vap.h>
#include <vap/vap_http.h>
#include <vap/vap_tool.h>

struct vap_agent {
  const vap_host_t* host;
};

namespace {

vap_agent only;

vap_status_t VAP_CALL create(const vap_host_t* host, const vap_config_t* config, vap_agent_t** out,
                             vap_error_t*) noexcept {
  if (!VAP_HAS(vap_config_t, config, json)) return VAP_E_UNSUPPORTED;
  only.host = host;
  *out = &only;
  return VAP_OK;
}
void VAP_CALL destroy(vap_agent_t*) noexcept {}
vap_status_t VAP_CALL on_turn(vap_agent_t* a, const vap_turn_t* turn, vap_reply_t reply,
                              vap_error_t*) noexcept {
  return a->host->say(a->host, reply, turn->text, VAP_NOWAIT);
}
const void* VAP_CALL get_extension(const char*) noexcept {
  return nullptr;
}

const vap_plugin_t plugin = {sizeof(vap_plugin_t), VAP_ABI_MINOR, create, destroy, on_turn,
                             get_extension};

}  // namespace

const vap_plugin_t* VAP_CALL vap_plugin_v1() noexcept {
  return &plugin;
}

extern "C" {
VAP_IDENT("{\"id\":\"com.example.header\",\"name\":\"Header\",\"version\":\"1.0.0\"}");
}
