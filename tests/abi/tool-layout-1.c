/* SPDX-License-Identifier: MIT
 *
 * The layout of vap.tool/1 in ABI 1.0, on 64-bit machines: see layout-1.0.c.
 */
#define LAYOUT_MINOR 0
#include "layout.h"

/* clang-format off */

TYPE(vap_tool_flags_t,            uint32_t);
VALUE(VAP_TOOL_MUTATING,          1);

RECORD(vap_tool_t,                56);
MEMBER(vap_tool_t,         struct_size,        0,   4, uint32_t);
MEMBER(vap_tool_t,         flags,              4,   4, vap_tool_flags_t);
MEMBER(vap_tool_t,         name,               8,  16, vap_str_t);
MEMBER(vap_tool_t,         description,       24,  16, vap_str_t);
MEMBER(vap_tool_t,         parameters,        40,  16, vap_str_t);

RECORD(vap_tool_call_t,          104);
MEMBER(vap_tool_call_t,    struct_size,        0,   4, uint32_t);
MEMBER(vap_tool_call_t,    reserved,           4,   4, uint32_t);
MEMBER(vap_tool_call_t,    id,                 8,   8, uint64_t);
MEMBER(vap_tool_call_t,    name,              16,  16, vap_str_t);
MEMBER(vap_tool_call_t,    arguments,         32,  16, vap_str_t);
MEMBER(vap_tool_call_t,    caller,            48,  16, vap_str_t);
MEMBER(vap_tool_call_t,    conversation_id,   64,  16, vap_str_t);
MEMBER(vap_tool_call_t,    turn_id,           80,  16, vap_str_t);
MEMBER(vap_tool_call_t,    timeout_ms,        96,   8, int64_t);

VTABLE(vap_ext_tool_t,            24);
MEMBER(vap_ext_tool_t,     list,               0,   8, vap_status_t (*)(vap_agent_t *, void *ctx,
                                                         void (*put)(void *ctx, const vap_tool_t *),
                                                         vap_error_t *));
MEMBER(vap_ext_tool_t,     call,               8,   8, vap_status_t (*)(vap_agent_t *,
                                                         const vap_tool_call_t *, vap_error_t *));
MEMBER(vap_ext_tool_t,     cancel,            16,   8, void (*)(vap_agent_t *, uint64_t id,
                                                         vap_cancel_t));

TYPE(vap_tool_order_flags_t,      uint32_t);
VALUE(VAP_TOOL_KEEP,              1);

RECORD(vap_tool_order_t,          64);
MEMBER(vap_tool_order_t,   struct_size,        0,   4, uint32_t);
MEMBER(vap_tool_order_t,   flags,              4,   4, vap_tool_order_flags_t);
MEMBER(vap_tool_order_t,   agent,              8,  16, vap_str_t);
MEMBER(vap_tool_order_t,   name,              24,  16, vap_str_t);
MEMBER(vap_tool_order_t,   arguments,         40,  16, vap_str_t);
MEMBER(vap_tool_order_t,   timeout_ms,        56,   4, uint32_t);
MEMBER(vap_tool_order_t,   reserved,          60,   4, uint32_t);

TYPE(vap_tool_end_flags_t,        uint32_t);
VALUE(VAP_TOOL_BEGUN,             1);

RECORD(vap_tool_end_t,            56);
MEMBER(vap_tool_end_t,     struct_size,        0,   4, uint32_t);
MEMBER(vap_tool_end_t,     flags,              4,   4, vap_tool_end_flags_t);
MEMBER(vap_tool_end_t,     status,             8,   4, vap_status_t);
MEMBER(vap_tool_end_t,     reserved,          12,   4, uint32_t);
MEMBER(vap_tool_end_t,     result,            16,  16, vap_str_t);
MEMBER(vap_tool_end_t,     message,           32,  16, vap_str_t);
MEMBER(vap_tool_end_t,     whole_ms,          48,   8, int64_t);

VTABLE(vap_ext_tool_host_t,       48);
MEMBER(vap_ext_tool_host_t, list,              0,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_str_t agent, void *ctx,
                                                         void (*put)(void *ctx, const vap_tool_t *),
                                                         vap_error_t *why));
MEMBER(vap_ext_tool_host_t, call,              8,   8, vap_status_t (*)(const vap_host_t *, vap_reply_t,
                                                         const vap_tool_order_t *,
                                                         void (*on_end)(void *user, const vap_tool_end_t *),
                                                         void *user, uint64_t *id, vap_error_t *why));
MEMBER(vap_ext_tool_host_t, cancel,           16,   8, vap_status_t (*)(const vap_host_t *,
                                                         uint64_t id));
MEMBER(vap_ext_tool_host_t, end,              24,   8, vap_status_t (*)(const vap_host_t *, uint64_t id,
                                                         vap_status_t, vap_str_t result,
                                                         const vap_error_t *why));
MEMBER(vap_ext_tool_host_t, cancelled,        32,   8, vap_cancel_t (*)(const vap_host_t *,
                                                         uint64_t id));
MEMBER(vap_ext_tool_host_t, time_left_ms,     40,   8, int64_t (*)(const vap_host_t *,
                                                         uint64_t id));

TEXT(VAP_EXT_TOOL,                "vap.tool/1");
