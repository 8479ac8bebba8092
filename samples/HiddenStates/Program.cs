// The promise: hidden states at block boundaries are a public value.
// Prints, for every boundary, how long the last token's hidden state is, and how far its block has turned it.
using Whorl;
using Whorl.Client;

await using LanguageModel model = await LanguageModel.LoadAsync(args[0]);
int[] ids = model.Tokenizer!.Encode(args[1]);
ModelTrace trace = await model.TraceAsync(ids);
int width = trace.Hidden[0].Length / ids.Length;
float[][] last = [.. trace.Hidden.Select(hidden => hidden[^width..])];
for (int k = 0; k < last.Length; k++)
{
    double length = Math.Sqrt(Product(last[k], last[k]));
    string turned = k == 0 ? "" : $", cosine with the one before {Product(last[k - 1], last[k]) / length / Math.Sqrt(Product(last[k - 1], last[k - 1])):F3}";
    Console.WriteLine($"boundary {k}: length {length:F2}{turned}");
}

static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
