/* SPDX-License-Identifier: MIT
 *
 * layout.h - the words of the golden layout. Each is checked while its file compiles, against the
 * header that VAP_HEADER names: the living vap.h, and the frozen one. C11, for _Generic.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include VAP_HEADER

/* clang-format off */
/* A record may gain fields at its end in a later minor version; all else is exact for ever. */
#define RECORD(type, size)  _Static_assert(VAP_ABI_MINOR > LAYOUT_MINOR ? sizeof(type) >= (size)    \
                                           : sizeof(type) == (size), "size of record " #type)
#define STRUCT(type, size)  _Static_assert(sizeof(type) == (size), "size of " #type)
#define VTABLE(type, size)  _Static_assert(sizeof(type) == (size), "size of vtable " #type)

#define MEMBER(type, member, offset, size, of)                                                      \
    _Static_assert(offsetof(type, member) == (offset), "offset of " #type "." #member);             \
    _Static_assert(sizeof(((type *)0)->member) == (size), "size of " #type "." #member);            \
    _Static_assert(_Generic(((type *)0)->member, of: 1, default: 0), "type of " #type "." #member)

#define TYPE(type, is)      _Static_assert(_Generic((type)0, is: 1, default: 0), "type " #type)
#define VALUE(name, value)  _Static_assert((name) == (value), "value of " #name)
#define ENTRY(name, is)     _Static_assert(_Generic(&(name), is: 1, default: 0), "type of " #name)
#define TEXT(name, text)    _Static_assert(sizeof(name) == sizeof(text), "text of " #name)
/* clang-format on */

#endif
