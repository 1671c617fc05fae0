/* The post's 2-3-3-2 sigmoid network on two observations: gradient descent on the sum of squared errors for many members,
   in float32. A near limit for bench.py to compare with: shapes known to the compiler, one block of members in registers
   and first-level cache for all its iterations.

   Weights are (inputs + 1, units, members), the bias as row 0. members must be a multiple of BLOCK. */

#include <math.h>
#include <stddef.h>

enum { BLOCK = 16, OBSERVATIONS = 2, INPUTS = 2, UNITS1 = 3, UNITS2 = 3, OUTPUTS = 2 };

typedef float Block[BLOCK];

/* inlined, so that the sizes it is called with are constants inside */
#define STEP static inline __attribute__((always_inline)) void

static inline float sigmoid(float z) { return 1 / (1 + expf(-z)); }

static void load(size_t rows, size_t members, const float *w, Block *into) {
    for (size_t row = 0; row < rows; row++)
        for (int m = 0; m < BLOCK; m++) into[row][m] = w[row * members + m];
}

static void store(size_t rows, size_t members, Block *from, float *w) {
    for (size_t row = 0; row < rows; row++)
        for (int m = 0; m < BLOCK; m++) w[row * members + m] = from[row][m];
}

/* a_l = sigmoid(b_l + a_(l-1) K_l) for one observation */
STEP forward(int inputs, int units, const Block *below, const Block *w, Block *a) {
    for (int u = 0; u < units; u++)
        for (int m = 0; m < BLOCK; m++) {
            float z = w[u][m];
            for (int i = 0; i < inputs; i++) z += below[i][m] * w[(i + 1) * units + u][m];
            a[u][m] = sigmoid(z);
        }
}

/* delta_(l-1) = (delta_l K_l^T) a (1 - a) for one observation */
STEP back(int inputs, int units, const Block *delta, const Block *w, const Block *a, Block *below) {
    for (int i = 0; i < inputs; i++)
        for (int m = 0; m < BLOCK; m++) {
            float gradient = 0;
            for (int u = 0; u < units; u++) gradient += delta[u][m] * w[(i + 1) * units + u][m];
            below[i][m] = gradient * a[i][m] * (1 - a[i][m]);
        }
}

/* w_l -= learning_rate [1, a_(l-1)]^T delta_l, summed over the observations */
STEP descend(int inputs, int units, float learning_rate, Block a[OBSERVATIONS][inputs],
                  Block delta[OBSERVATIONS][units], Block *w) {
    for (int u = 0; u < units; u++) {
        for (int m = 0; m < BLOCK; m++) {
            float gradient = 0;
            for (int n = 0; n < OBSERVATIONS; n++) gradient += delta[n][u][m];
            w[u][m] -= learning_rate * gradient;
        }
        for (int i = 0; i < inputs; i++)
            for (int m = 0; m < BLOCK; m++) {
                float gradient = 0;
                for (int n = 0; n < OBSERVATIONS; n++) gradient += a[n][i][m] * delta[n][u][m];
                w[(i + 1) * units + u][m] -= learning_rate * gradient;
            }
    }
}

/* x (OBSERVATIONS, INPUTS), y (OBSERVATIONS, OUTPUTS); w1, w2, w3 are trained in place */
void train(long members, long iterations, float learning_rate, const float *x, const float *y, float *w1, float *w2,
           float *w3) {
#pragma omp parallel for schedule(dynamic)
    for (long first = 0; first < members; first += BLOCK) {
        Block v1[(INPUTS + 1) * UNITS1], v2[(UNITS1 + 1) * UNITS2], v3[(UNITS2 + 1) * OUTPUTS];
        Block a0[OBSERVATIONS][INPUTS], a1[OBSERVATIONS][UNITS1], a2[OBSERVATIONS][UNITS2], a3[OUTPUTS];
        Block delta1[OBSERVATIONS][UNITS1], delta2[OBSERVATIONS][UNITS2], delta3[OBSERVATIONS][OUTPUTS];

        load((INPUTS + 1) * UNITS1, members, w1 + first, v1);
        load((UNITS1 + 1) * UNITS2, members, w2 + first, v2);
        load((UNITS2 + 1) * OUTPUTS, members, w3 + first, v3);
        for (int n = 0; n < OBSERVATIONS; n++)
            for (int i = 0; i < INPUTS; i++)
                for (int m = 0; m < BLOCK; m++) a0[n][i][m] = x[n * INPUTS + i];

        for (long iteration = 0; iteration < iterations; iteration++) {
            for (int n = 0; n < OBSERVATIONS; n++) {
                forward(INPUTS, UNITS1, a0[n], v1, a1[n]);
                forward(UNITS1, UNITS2, a1[n], v2, a2[n]);
                forward(UNITS2, OUTPUTS, a2[n], v3, a3);
                for (int u = 0; u < OUTPUTS; u++)
                    for (int m = 0; m < BLOCK; m++)
                        delta3[n][u][m] = 2 * (a3[u][m] - y[n * OUTPUTS + u]) * a3[u][m] * (1 - a3[u][m]);
                back(UNITS2, OUTPUTS, delta3[n], v3, a2[n], delta2[n]);
                back(UNITS1, UNITS2, delta2[n], v2, a1[n], delta1[n]);
            }
            descend(INPUTS, UNITS1, learning_rate, a0, delta1, v1);
            descend(UNITS1, UNITS2, learning_rate, a1, delta2, v2);
            descend(UNITS2, OUTPUTS, learning_rate, a2, delta3, v3);
        }

        store((INPUTS + 1) * UNITS1, members, v1, w1 + first);
        store((UNITS1 + 1) * UNITS2, members, v2, w2 + first);
        store((UNITS2 + 1) * OUTPUTS, members, v3, w3 + first);
    }
}
