// Python's ints and pairs of them, made once and shared where they are small, and lists of such objects.
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <cstdint>

#include "tokenizer.h"

namespace leanformers {

inline PyObject* checked(PyObject* object) {
  if (object == nullptr) throw nanobind::python_error();
  return object;
}

// What is shared is made when it is first needed, and stays for the life of the process: at most 10 MB of ints and 5 MB
// of pairs. Threads that run at the same time, without the GIL, would fight over the counts of shared objects.
#ifdef Py_GIL_DISABLED
constexpr uint32_t kSharedInts = 0, kSharedBegins = 0, kSharedLengths = 0;
#else
constexpr uint32_t kSharedInts = 1 << 18, kSharedBegins = 1 << 12, kSharedLengths = 1 << 4;
#endif
inline PyObject* shared_ints[kSharedInts + 1];
inline PyObject* shared_pairs[kSharedBegins * kSharedLengths + 1];

// All functions that give a PyObject* give a new reference.

inline PyObject* integer(int64_t value) {
  if (value < 0 || value >= int64_t{kSharedInts}) return checked(PyLong_FromLongLong(value));
  PyObject*& object = shared_ints[value];
  if (object == nullptr) object = checked(PyLong_FromLongLong(value));
  Py_INCREF(object);
  return object;
}

inline PyObject* integer_or_none(int64_t value) {
  if (value >= 0) return integer(value);
  Py_INCREF(Py_None);
  return Py_None;
}

inline PyObject* new_pair(Span span) {
  nanobind::object tuple = nanobind::steal(checked(PyTuple_New(2)));
  PyTuple_SET_ITEM(tuple.ptr(), 0, integer(span.begin));
  PyTuple_SET_ITEM(tuple.ptr(), 1, integer(span.end));
  PyObject_GC_UnTrack(tuple.ptr());  // as the collector does itself with a tuple of ints, once it has seen it
  return tuple.release().ptr();
}

// Places repeat from text to text: most pairs of a batch are there already.
inline PyObject* pair(Span span) {
  const uint32_t length = span.end - span.begin;
  if (span.begin >= kSharedBegins || length >= kSharedLengths) return new_pair(span);
  PyObject*& object = shared_pairs[span.begin * kSharedLengths + length];
  if (object == nullptr) object = new_pair(span);
  Py_INCREF(object);
  return object;
}

// Puts the same object into `count` places of a list.
inline PyObject** put(PyObject** out, PyObject* object, size_t count) {
#ifdef Py_GIL_DISABLED
  for (size_t i = 0; i < count; ++i) Py_INCREF(object);
#else
  Py_SET_REFCNT(object, Py_REFCNT(object) + static_cast<Py_ssize_t>(count));
#endif
  return std::fill_n(out, count, object);
}

// A list without items, and the places for them: all are to be filled before anything else sees the list.
inline nanobind::object new_list(size_t length, PyObject**& items) {
  nanobind::object list = nanobind::steal(checked(PyList_New(static_cast<Py_ssize_t>(length))));
  items = PySequence_Fast_ITEMS(list.ptr());
  return list;
}

// A list of `length` items; `item(i)` gives a new reference.
template <typename Item>
nanobind::object make_list(size_t length, Item item) {
  PyObject** items;
  nanobind::object list = new_list(length, items);
  for (size_t i = 0; i < length; ++i) items[i] = item(i);
  return list;
}

}  // namespace leanformers
