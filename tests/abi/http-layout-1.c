/* SPDX-License-Identifier: MIT
 *
 * The layout of vap.http/1 in ABI 1.0, on 64-bit machines: see layout-1.0.c.
 */
#define LAYOUT_MINOR 0
#include "layout.h"

/* clang-format off */

STRUCT(vap_http_header_t,         32);
MEMBER(vap_http_header_t,  name,               0,  16, vap_str_t);
MEMBER(vap_http_header_t,  value,             16,  16, vap_str_t);

TYPE(vap_http_flags_t,            uint32_t);
VALUE(VAP_HTTP_FOLLOW,            1);

RECORD(vap_http_request_t,        88);
MEMBER(vap_http_request_t, struct_size,        0,   4, uint32_t);
MEMBER(vap_http_request_t, flags,              4,   4, vap_http_flags_t);
MEMBER(vap_http_request_t, method,             8,  16, vap_str_t);
MEMBER(vap_http_request_t, url,               24,  16, vap_str_t);
MEMBER(vap_http_request_t, headers,           40,   8, const vap_http_header_t *);
MEMBER(vap_http_request_t, header_count,      48,   8, size_t);
MEMBER(vap_http_request_t, body,              56,  16, vap_str_t);
MEMBER(vap_http_request_t, connect_ms,        72,   4, uint32_t);
MEMBER(vap_http_request_t, first_byte_ms,     76,   4, uint32_t);
MEMBER(vap_http_request_t, idle_ms,           80,   4, uint32_t);
MEMBER(vap_http_request_t, whole_ms,          84,   4, uint32_t);

RECORD(vap_http_head_t,           24);
MEMBER(vap_http_head_t,    struct_size,        0,   4, uint32_t);
MEMBER(vap_http_head_t,    http_status,        4,   4, int32_t);
MEMBER(vap_http_head_t,    headers,            8,   8, const vap_http_header_t *);
MEMBER(vap_http_head_t,    header_count,      16,   8, size_t);

TYPE(vap_http_timeout_t,          int32_t);
VALUE(VAP_HTTP_TIMEOUT_NONE,      0);
VALUE(VAP_HTTP_TIMEOUT_CONNECT,   1);
VALUE(VAP_HTTP_TIMEOUT_FIRST_BYTE, 2);
VALUE(VAP_HTTP_TIMEOUT_IDLE,      3);
VALUE(VAP_HTTP_TIMEOUT_WHOLE,     4);

RECORD(vap_http_end_t,            48);
MEMBER(vap_http_end_t,     struct_size,        0,   4, uint32_t);
MEMBER(vap_http_end_t,     status,             4,   4, vap_status_t);
MEMBER(vap_http_end_t,     http_status,        8,   4, int32_t);
MEMBER(vap_http_end_t,     timeout,           12,   4, vap_http_timeout_t);
MEMBER(vap_http_end_t,     message,           16,  16, vap_str_t);
MEMBER(vap_http_end_t,     first_byte_ms,     32,   8, int64_t);
MEMBER(vap_http_end_t,     whole_ms,          40,   8, int64_t);

RECORD(vap_http_handler_t,        32);
MEMBER(vap_http_handler_t, struct_size,        0,   4, uint32_t);
MEMBER(vap_http_handler_t, reserved,           4,   4, uint32_t);
MEMBER(vap_http_handler_t, on_head,            8,   8, void (*)(void *user, const vap_http_head_t *));
MEMBER(vap_http_handler_t, on_chunk,          16,   8, void (*)(void *user, vap_str_t bytes));
MEMBER(vap_http_handler_t, on_end,            24,   8, void (*)(void *user, const vap_http_end_t *));

VTABLE(vap_ext_http_t,            24);
MEMBER(vap_ext_http_t,     send,               0,   8, vap_status_t (*)(const vap_host_t *, vap_reply_t,
                                                         const vap_http_request_t *,
                                                         const vap_http_handler_t *, void *user,
                                                         uint64_t *id, vap_error_t *why));
MEMBER(vap_ext_http_t,     cancel,             8,   8, vap_status_t (*)(const vap_host_t *,
                                                         uint64_t id));
MEMBER(vap_ext_http_t,     warm,              16,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_str_t url, vap_error_t *why));

TEXT(VAP_EXT_HTTP,                "vap.http/1");
