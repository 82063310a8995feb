#include "library_linux.h"
#include "stream_linux.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

tally_pw_library tally_pw;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int loaded;

static void load(void) {
    void *lib = dlopen("libpipewire-0.3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        loaded = -ENOENT;
        return;
    }
#define FIND(name)                                           \
    if (!(*(void **)&tally_pw.name = dlsym(lib, #name))) {   \
        loaded = -ENOSYS;                                    \
        return;                                              \
    }
    TALLY_PW_FUNCTIONS(FIND)
    tally_pw.pw_init(NULL, NULL); // never taken back: other streams may be running
}

int tally_pipewire_load(void) {
    pthread_once(&once, load);
    return loaded;
}
