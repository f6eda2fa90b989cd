// launch INPUT PROGRAM ARGUMENT...: runs a program with INPUT as its standard input and prints what it cost, as the kernel
// counts it for the process and those it waited for: {"cpu": s, "wall": s, "peak": bytes}.
//
// In C, because the peak that wait4 gives begins with the size of whoever forked: here that is one megabyte, where a
// script's interpreter would have hidden ten. What the program prints is let go; when it fails, so does this.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) {
    return time.tv_sec + time.tv_usec / 1e6;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fputs("usage: launch INPUT PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    double begin = now();
    pid_t child = fork();
    if (child < 0) {
        perror("launch: fork");
        return 1;
    }
    if (child == 0) {
        int input = open(arguments[1], O_RDONLY), output = open("/dev/null", O_WRONLY);
        if (input < 0 || output < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0) {
            perror("launch: the input");
            _exit(1);
        }
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(1);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return 1;
    }
    double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    printf("{\"cpu\": %.6f, \"wall\": %.6f, \"peak\": %ld}\n", cpu, now() - begin, usage.ru_maxrss * 1024);
    return 0;
}
