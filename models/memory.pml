/* SPDX-License-Identifier: Apache-2.0
 * Copyright The VideoStream authors
 *
 * Memory as the C++ model leaves it to a weak machine, for words that have one writer each. A store
 * is first pending, and becomes visible to others some time later:
 *   relaxed   any time, also before older stores; but not before those that a release fence covers
 *   release   after all older stores of its process
 *   seq_cst   like release; and no seq_cst load of its process is done before it is visible
 * So a store may be overtaken by later loads (as on x86) and by later stores (as on ARM). That loads
 * overtake each other is written out in the models, at the loads that are relaxed.
 *
 * A model defines WORDS (at most 8) and PROCESSES, and says BREAK and MODE to learn what to do: 0
 * means as the code does it. Both come from the environment, so that one compilation does for all.
 */

c_decl {
\#include <stdlib.h>
}

byte broken; /* which of the model's BREAK lines is in force, 0 = none */
byte mode;   /* which of its RIGHT lines */

inline read_environment() {
  d_step {
    c_code {
      const char* number = getenv("VSL_MODEL_BREAK");
      now.broken = number ? atoi(number) : 0;
      number = getenv("VSL_MODEL_MODE");
      now.mode = number ? atoi(number) : 0;
    }
  }
}

#define RELAXED 0
#define RELEASE 1
#define SEQ_CST 2
/* The order that the code names, unless this break replaces it. */
#define ORDER(right, break_number, wrong) (broken == break_number -> wrong : right)

byte visible[WORDS]; /* what others see */
byte waiting[WORDS]; /* what its writer stored and others do not see yet */
byte after[WORDS];   /* the words that have to become visible before */
byte pending[PROCESSES], fenced[PROCESSES], ordered[PROCESSES]; /* sets of words, as bits */

#define BIT(word) (1 << (word))

inline store(process, word, value, order) {
  atomic {
    (pending[process] & BIT(word)) == 0 ->
    waiting[word] = value;
    after[word] = ((order) >= RELEASE -> pending[process] : fenced[process]);
    pending[process] = pending[process] | BIT(word);
    if
    :: (order) == SEQ_CST -> ordered[process] = ordered[process] | BIT(word)
    :: else
    fi
  }
}

inline release_fence(process) { fenced[process] = pending[process] }

/* acquire and relaxed loads see visible[] at once */
inline load_seq_cst(process, word, target) {
  atomic { ordered[process] == 0 -> target = visible[word] }
}

inline make_visible(process, word) {
  atomic {
    (pending[process] & BIT(word)) != 0 && after[word] == 0 ->
    visible[word] = waiting[word];
    waiting[word] = 0;
    pending[process] = pending[process] & ~BIT(word);
    fenced[process] = fenced[process] & ~BIT(word);
    ordered[process] = ordered[process] & ~BIT(word);
    other = 0;
    do
    :: other < WORDS -> after[other] = after[other] & ~BIT(word); other++
    :: else -> break
    od;
    other = 0
  }
}

/* A system call that hands something to another process: what was stored before is seen after. */
inline drain(process) { pending[process] == 0 }
