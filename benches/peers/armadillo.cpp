// Fits by Armadillo's gmm_full, gmm_diag and kmeans; compiled by run.py with -O3 -march=native -fopenmp -DARMA_NO_DEBUG.
//
//     armadillo one  KIND FOLDER N D K ITERATIONS          one long fit, on all cores
//     armadillo many KIND FOLDER N D K STARTS LIMIT        many short ones, one on each core
//
// Prints one line of JSON; `one` writes the parameters at the end to FOLDER/end.
#include <armadillo>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <vector>

using Clock = std::chrono::steady_clock;
using arma::cube;
using arma::mat;
using arma::rowvec;
using arma::uword;

static double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// The last `count` doubles of a file: behind the header of x.npy stand the rows, which are Armadillo's columns.
static std::vector<double> read(const std::string& path, size_t count) {
    std::ifstream in(path, std::ios::binary);
    in.seekg(-static_cast<std::streamoff>(count * sizeof(double)), std::ios::end);
    std::vector<double> values(count);
    in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(double)));
    if (!in) throw std::runtime_error("cannot read " + path);
    return values;
}

static void write(const std::string& path, const double* values, size_t count) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(double)));
}

static double inertia(const mat& x, const mat& means) {
    double total = 0;
    for (uword i = 0; i < x.n_cols; ++i) {
        double best = arma::datum::inf;
        for (uword g = 0; g < means.n_cols; ++g) {
            double distance = 0;
            for (uword j = 0; j < x.n_rows; ++j) distance += (x(j, i) - means(j, g)) * (x(j, i) - means(j, g));
            best = std::min(best, distance);
        }
        total += best;
    }
    return total;
}

int main(int, char** argv) {
    const std::string mode = argv[1], kind = argv[2], folder = argv[3];
    const uword n = std::stoul(argv[4]), d = std::stoul(argv[5]), k = std::stoul(argv[6]);
    const std::vector<double> values = read(folder + "/x.npy", n * d);
    const mat x(const_cast<double*>(values.data()), d, n, false, true);
    const std::string version = "Armadillo " + arma::arma_version::as_string();

    if (mode == "many") {
        const uword count = std::stoul(argv[7]), limit = std::stoul(argv[8]);
        const uword size = kind == "k-means" ? k * d : k + k * d + k * d * d;
        std::ifstream sized(folder + "/starts.f64", std::ios::binary | std::ios::ate);
        const std::vector<double> starts = read(folder + "/starts.f64", static_cast<size_t>(sized.tellg()) / sizeof(double));
        std::vector<double> ends(count, arma::datum::nan);
        std::vector<mat> centres(count);
        const auto begin = Clock::now();
#pragma omp parallel for schedule(dynamic, 16)
        for (uword s = 0; s < count; ++s) {
            const double* at = starts.data() + s * size;
            if (kind == "k-means") {
                centres[s] = mat(at, d, k);
                arma::kmeans(centres[s], x, k, arma::keep_existing, limit, false);
            } else {
                arma::gmm_full model;
                model.set_params(mat(at + k, d, k), cube(at + k + k * d, d, d, k), rowvec(at, k));
                if (model.learn(x, k, arma::eucl_dist, arma::keep_existing, 0, limit, 0.0, false)) ends[s] = model.sum_log_p(x);
            }
        }
        const double seconds = since(begin);
        std::printf("{\"seconds\": %.9g, \"version\": \"%s\", \"objectives\": [", seconds, version.c_str());
        for (uword s = 0; s < count; ++s) {
            if (kind == "k-means" && centres[s].n_cols == k) ends[s] = -inertia(x, centres[s]);
            std::printf(std::isfinite(ends[s]) ? "%s%.17g" : "%snull", s ? ", " : "", ends[s]);
        }
        std::printf("]}\n");
        return 0;
    }

    const uword iterations = std::stoul(argv[7]);
    const std::vector<double> begins = read(folder + "/means-" + kind + ".f64", k * d);
    const mat means(begins.data(), d, k);
    const rowvec weights(k, arma::fill::value(1.0 / double(k)));
    mat end_means;
    rowvec end_weights;
    cube end_covariances(d, d, k);
    auto fit = [&](const mat& rows, uword limit) {
        const auto begin = Clock::now();
        double seconds = 0;
        if (kind == "k-means") {
            end_means = means;
            arma::kmeans(end_means, rows, k, arma::keep_existing, limit, false);
            seconds = since(begin);
        } else if (kind == "diag") {
            arma::gmm_diag model;
            model.set_params(means, mat(d, k, arma::fill::ones), weights);
            model.learn(rows, k, arma::eucl_dist, arma::keep_existing, 0, limit, 0.0, false);
            seconds = since(begin);
            end_means = model.means, end_weights = model.hefts;
            for (uword g = 0; g < k; ++g) end_covariances.slice(g) = arma::diagmat(model.dcovs.col(g));
        } else {
            cube identity(d, d, k);
            identity.each_slice() = arma::eye(d, d);
            arma::gmm_full model;
            model.set_params(means, identity, weights);
            model.learn(rows, k, arma::eucl_dist, arma::keep_existing, 0, limit, 0.0, false);
            seconds = since(begin);
            end_means = model.means, end_weights = model.hefts, end_covariances = model.fcovs;
        }
        return seconds;
    };
    // All rows, untimed, as in measure.py: a cold fit must not be the one that is taken off.
    fit(x, 1);
    const double first = fit(x, 1), seconds = fit(x, iterations);
    write(folder + "/end/means.f64", end_means.memptr(), end_means.n_elem);
    if (kind != "k-means") {
        write(folder + "/end/weights.f64", end_weights.memptr(), end_weights.n_elem);
        write(folder + "/end/covariances.f64", end_covariances.memptr(), end_covariances.n_elem);
    }
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"first\": %.9g, \"seconds\": %.9g, \"iterations\": %llu, \"version\": \"%s\", \"peak_mib\": %.1f}\n", first, seconds,
                static_cast<unsigned long long>(iterations), version.c_str(), usage.ru_maxrss / 1024.0);
}
