// Python strings as the core reads them: their UTF-8 in place.
#pragma once

#include <nanobind/nanobind.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

// The UTF-8 of Python strings, which stay alive as long as this does: of a list of texts, or of a list of lists of
// words.
class HeldTexts {
 public:
  HeldTexts(nanobind::list list, bool words) {
    const size_t size = nanobind::len(list);
    views_.reserve(size);
    held_.reserve(size);
    if (words) row_offsets_.reserve(size + 1);
    size_t number = 0;
    for (nanobind::handle item : list) {
      if (number + kAhead < size) __builtin_prefetch(PyList_GET_ITEM(list.ptr(), number + kAhead), 1);
      ++number;
      if (!words) {
        add(item);
        continue;
      }
      row_offsets_.push_back(views_.size());
      if (!PyList_Check(item.ptr()) && !PyTuple_Check(item.ptr()))
        throw nanobind::type_error("a row is no list of words");
      for (nanobind::handle word : nanobind::borrow<nanobind::sequence>(item)) add(word);
    }
    if (words) row_offsets_.push_back(views_.size());
  }

  HeldTexts(const HeldTexts&) = delete;
  HeldTexts& operator=(const HeldTexts&) = delete;
  ~HeldTexts() {
    for (size_t i = 0; i < held_.size(); ++i) {
      if (i + kAhead < held_.size()) __builtin_prefetch(held_[i + kAhead].ptr(), 1);
      held_[i].reset();
    }
  }

  Texts texts() const { return {views_, row_offsets_}; }
  size_t bytes() const { return bytes_; }

 private:
  // How many strings before its turn one is asked for from memory: to hold it, its count of references is changed.
  static constexpr size_t kAhead = 16;

  void add(nanobind::handle item) {
    if (!PyUnicode_Check(item.ptr())) throw nanobind::type_error("an item is not a str");
    held_.push_back(nanobind::borrow(item));  // another thread may change the list while the GIL is released
    Py_ssize_t size = 0;
    if (PyUnicode_IS_COMPACT_ASCII(item.ptr())) {  // without a call
      views_.emplace_back(static_cast<const char*>(PyUnicode_DATA(item.ptr())),
                          static_cast<size_t>(PyUnicode_GET_LENGTH(item.ptr())));
    } else if (const char* utf8 = PyUnicode_AsUTF8AndSize(item.ptr(), &size)) {
      views_.emplace_back(utf8, static_cast<size_t>(size));
    } else {
      PyErr_Clear();  // a lone surrogate has no UTF-8
      views_.push_back(replaced_.emplace_back(replace_surrogates(item)));
    }
    bytes_ += views_.back().size();
  }

  static std::string replace_surrogates(nanobind::handle item) {
    std::string text;
    const Py_ssize_t length = PyUnicode_GetLength(item.ptr());
    for (Py_ssize_t i = 0; i < length; ++i) {
      const char32_t code = PyUnicode_ReadChar(item.ptr(), i);
      char bytes[4];
      text.append(bytes, unicode::encode(code - 0xD800 < 0x800 ? unicode::kReplacement : code, bytes));
    }
    return text;
  }

  std::vector<std::string_view> views_;
  std::vector<size_t> row_offsets_;
  std::vector<nanobind::object> held_;
  std::deque<std::string> replaced_;  // does not move its strings
  size_t bytes_ = 0;
};

}  // namespace leanformers
