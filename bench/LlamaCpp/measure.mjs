// Measures llama.cpp (through node-llama-cpp) on one model: node measure.mjs MODEL THREADS PROMPT DECODE
// Prints {"prefill": tokens/s, "decode": tokens/s}. Each is the better of two, after a warm-up.
// Run from the folder that holds node_modules.
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
const require = createRequire(process.cwd() + "/");
const {getLlama} = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const [model_path, threads, prompt, decode] = [process.argv[2], +process.argv[3], +process.argv[4], +process.argv[5]];
const llama = await getLlama({gpu: false, maxThreads: threads, build: "never", logLevel: "error", skipDownload: true});
const model = await llama.loadModel({modelPath: model_path, gpuLayers: 0});
const context = await model.createContext({contextSize: prompt + decode + 64, batchSize: 512, threads});
const sequence = context.getSequence();
const ids = Array.from({length: prompt}, (_, i) => 100 + (i * 7919) % 20000);
const best = {prefill: 0, decode: 0};
for (let round = 0; round < 3; round++) {
    await sequence.clearHistory();
    let start = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(ids);
    const prefill = prompt / (performance.now() - start) * 1000;
    await sequence.clearHistory();
    await sequence.evaluateWithoutGeneratingNewTokens([ids[0]]);
    start = performance.now();
    let count = 0;
    for await (const _ of sequence.evaluate([ids[1]], {temperature: 0})) {
        if (++count === decode) break;
    }
    const decoded = count / (performance.now() - start) * 1000;
    if (round > 0) {
        best.prefill = Math.max(best.prefill, prefill);
        best.decode = Math.max(best.decode, decoded);
    }
}
console.log(JSON.stringify(best));
process.exit(0);
