# Fits by R's mclust (its Fortran em, modelName VVV).
#
#     mclust.R one  full FOLDER N D K ITERATIONS        one long fit
#     mclust.R many full FOLDER N D K STARTS LIMIT TOLERANCE     many short ones, a process on each core
#
# Its number of iterations is negative where the limit ended it. It measures gains relative to 1 + |log L|: a gain of TOLERANCE per row is n TOLERANCE / (1 + |log L|) to it.
suppressPackageStartupMessages({library(mclust); library(parallel)})
told <- commandArgs(trailingOnly = TRUE)
mode <- told[1]; folder <- told[3]
n <- as.integer(told[4]); d <- as.integer(told[5]); k <- as.integer(told[6])
doubles <- function(path, count, from = 0) {
  file <- file(path, "rb"); on.exit(close(file)); seek(file, from); readBin(file, "double", count)
}
path <- file.path(folder, "x.npy")
x <- matrix(doubles(path, n * d, file.size(path) - 8 * n * d), n, d, byrow = TRUE)
version <- paste("mclust", packageVersion("mclust"))
now <- function() as.numeric(proc.time()["elapsed"])

fit <- function(rows, weights, means, sigma, limit, tolerance) {
  roots <- array(apply(sigma, 3, chol), dim(sigma))
  em(rows, modelName = "VVV",
     parameters = list(pro = weights, mean = means, variance = list(modelName = "VVV", d = d, G = k, sigma = sigma, cholsigma = roots)),
     control = emControl(eps = 0, tol = c(tolerance, 0), itmax = c(limit, limit)), warn = FALSE)
}
# em reports log L before its last M-step: the end is judged anew.
judge <- function(model) {
  terms <- sapply(seq_len(k), function(c) {
    root <- chol(model$parameters$variance$sigma[, , c])
    y <- backsolve(root, t(x) - model$parameters$mean[, c], transpose = TRUE)
    log(model$parameters$pro[c]) - d / 2 * log(2 * pi) - sum(log(diag(root))) - colSums(y^2) / 2
  })
  top <- apply(terms, 1, max)
  sum(top + log(rowSums(exp(terms - top))))
}

if (mode == "many") {
  count <- as.integer(told[7]); limit <- as.integer(told[8]); tolerance <- as.numeric(told[9])
  size <- k + k * d + k * d * d
  starts <- matrix(doubles(file.path(folder, "starts.f64"), count * size), size, count)
  scale <- if (tolerance > 0) n * tolerance / (1 + abs(judge(list(parameters = list(
    pro = starts[1:k, 1], mean = matrix(starts[k + 1:(k * d), 1], d, k),
    variance = list(sigma = array(starts[k + k * d + 1:(k * d * d), 1], c(d, d, k)))))))) else 0
  cores <- detectCores()
  begin <- now()
  models <- mclapply(seq_len(count), function(s) {
    at <- starts[, s]
    tryCatch(fit(x, at[1:k], matrix(at[k + 1:(k * d)], d, k), array(at[k + k * d + 1:(k * d * d)], c(d, d, k)), limit, scale),
             error = function(e) NULL)
  }, mc.cores = cores)
  seconds <- now() - begin
  ends <- sapply(models, function(model) tryCatch(judge(model), error = function(e) NA_real_))
  numbers <- ifelse(is.finite(ends), sprintf("%.17g", ends), "null")
  cat(sprintf("{\"seconds\": %.6f, \"version\": \"%s\", \"objectives\": [%s]}\n", seconds, version, paste(numbers, collapse = ", ")))
} else {
  limit <- as.integer(told[7])
  means <- matrix(doubles(file.path(folder, "means-full.f64"), k * d), d, k)
  sigma <- array(diag(d), c(d, d, k))
  timed <- function(rows, limit) {
    begin <- now()
    model <- fit(rows, rep(1 / k, k), means, sigma, limit, 0)
    list(seconds = now() - begin, model = model)
  }
  # Once untimed, as in measure.py: a cold fit must not be the one that is taken off.
  timed(x, 1)
  first <- timed(x, 1); all <- timed(x, limit)
  write <- function(name, values) { file <- file(file.path(folder, "end", name), "wb"); writeBin(as.double(values), file); close(file) }
  write("weights.f64", all$model$parameters$pro); write("means.f64", all$model$parameters$mean)
  write("covariances.f64", all$model$parameters$variance$sigma)
  peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
  cat(sprintf("{\"first\": %.6f, \"seconds\": %.6f, \"iterations\": %d, \"version\": \"%s\", \"peak_mib\": %.1f}\n",
              first$seconds, all$seconds, abs(attr(all$model, "info")["iterations"]), version, peak))
}
