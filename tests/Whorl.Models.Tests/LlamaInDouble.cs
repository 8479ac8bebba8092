using System.Text.Json;

namespace Whorl.Models.Tests;

/// <summary>
/// Llama's forward pass in double precision, written from the equations and sharing nothing with the code under test: no cache, no batches,
/// one row after another. Source: arXiv:2307.09288; rotation, arXiv:2104.09864.
/// </summary>
internal sealed class LlamaInDouble : IDisposable
{
    private readonly JsonElement _config;
    private readonly GoldenTensors _weights;

    public LlamaInDouble(string folder)
    {
        _config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;
        _weights = new GoldenTensors(Path.Combine(folder, "model.safetensors"));
    }

    /// <summary>Whether a block's queries and keys turn.</summary>
    public Func<int, bool> Turns { get; init; } = _ => true;

    /// <summary>How many positions a block's queries see, their own included.</summary>
    public Func<int, int> Window { get; init; } = _ => int.MaxValue;

    private int Heads => Number("num_attention_heads");

    private int HeadSize => Number("hidden_size") / Heads;

    /// <summary>Logits of every token; the head is the embedding table.</summary>
    public double[] Logits(int[] ids)
    {
        int hidden = Number("hidden_size");
        double[] table = Weight("model.embed_tokens");
        double[][] x = [.. ids.Select(id => table[(id * hidden)..((id + 1) * hidden)])];
        for (int block = 0; block < Number("num_hidden_layers"); block++)
        {
            string name = $"model.layers.{block}.";
            double[][] normal = [.. x.Select(row => Normalised(row, name + "input_layernorm"))];
            double[][] mixed = Attention(normal, block, name + "self_attn.");
            for (int t = 0; t < x.Length; t++)
            {
                x[t] = Sum(x[t], mixed[t]);
                double[] y = Normalised(x[t], name + "post_attention_layernorm");
                double[] gate = Product(y, name + "mlp.gate_proj"), up = Product(y, name + "mlp.up_proj");
                x[t] = Sum(x[t], Product([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], name + "mlp.down_proj"));
            }
        }

        return [.. x.SelectMany(row => Product(Normalised(row, "model.norm"), "model.embed_tokens"))];
    }

    public void Dispose() => _weights.Dispose();

    private double[][] Attention(double[][] x, int block, string name)
    {
        double[][] queries = Heading(x, block, name + "q_proj"), keys = Heading(x, block, name + "k_proj");
        double[][] values = [.. x.Select(row => Product(row, name + "v_proj"))];
        int shared = Heads / Number("num_key_value_heads"), size = HeadSize;
        return [.. x.Select((_, t) => Product([.. Enumerable.Range(0, Heads).SelectMany(head => Head(head, t))], name + "o_proj"))];

        double[] Head(int head, int t)
        {
            int first = (int)Math.Max(0L, t - (long)Window(block) + 1), key = head / shared * size;
            double[] weights = [.. Enumerable.Range(first, t - first + 1).Select(s =>
                Math.Exp(Enumerable.Range(0, size).Sum(i => queries[t][(head * size) + i] * keys[s][key + i]) / Math.Sqrt(size)))];
            return [.. Enumerable.Range(0, size).Select(i => weights.Select((w, s) => w * values[first + s][key + i]).Sum() / weights.Sum())];
        }
    }

    /// <summary>Queries or keys, turned by their positions in halves: dimension i goes with i + size / 2.</summary>
    private double[][] Heading(double[][] x, int block, string name)
    {
        double[][] rows = [.. x.Select(row => Product(row, name))];
        int half = HeadSize / 2;
        double theta = _config.GetProperty("rope_theta").GetDouble();
        return !Turns(block) ? rows : [.. rows.Select((row, t) => row.Select((value, i) =>
        {
            int within = i % HeadSize;
            double angle = t * Math.Pow(theta, -(within % half) / (double)half), other = within < half ? -row[i + half] : row[i - half];
            return (value * Math.Cos(angle)) + (other * Math.Sin(angle));
        }).ToArray())];
    }

    private double[] Normalised(double[] x, string name)
    {
        double scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + _config.GetProperty("rms_norm_eps").GetDouble());
        return [.. x.Zip(Weight(name), (v, gain) => v * scale * gain)];
    }

    private double[] Product(double[] x, string name) => [.. Weight(name).Chunk(x.Length).Select(row => row.Zip(x, (w, v) => w * v).Sum())];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private double[] Weight(string name) => [.. _weights.Floats(name + ".weight").Select(v => (double)v)];

    private int Number(string key) => _config.GetProperty(key).GetInt32();
}
