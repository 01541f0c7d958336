/* Does the API server answer?  One line when it stops, one when it is back, instead of one for each kind that is watched.
 *
 * Ten watches break together; which of their failures tell of the server and which of one kind, their number decides.  Pure: the owner
 * tells what it sees and when, and is told what to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REACH_SETTLE_MS 500      /* what breaks together has broken by then             */
#define REACH_QUIET_MS  10000    /* two reports of a server that went are so far apart  */

enum reach_say {
    REACH_NOTHING,
    REACH_GONE,         /* say that the server does not answer                          */
    REACH_BACK,         /* say that it answers again                                    */
    REACH_EACH,         /* the server answers: the failures are those of single kinds   */
};

struct reach {
    bool away, told;             /* it does not answer; that was said                   */
    int64_t since_ms, told_ms;   /* when it went; when that was last said, 0: never     */
    uint64_t times;              /* that it went                                        */
};

/* `failing` of `all` watches cannot reach the server.  Half of them: it is the server. */
enum reach_say reach_look(struct reach *r, size_t failing, size_t all, int64_t now_ms);
