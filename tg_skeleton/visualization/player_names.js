// Names that do not cover each other: beside their joints on the stage, beside their rows on the strip.

const SIDES = [[1, 0], [-1, 0], [1, -1], [1, 1], [-1, -1], [-1, 1], [0, -1], [0, 1]]; // where a name may stand, best first
const STEPS = [1, 2.2, 3.6]; // and how far away

function apart(one, two) {
  return one.x + one.width <= two.x || two.x + two.width <= one.x || one.y + one.height <= two.y || two.y + two.height <= one.y;
}

/**
 * Boxes of names beside their points, in the order of the points, that overlap neither each other nor a point; null for
 * a name that fits nowhere. A point has x, y and the room around it, `gap`.
 */
function besidePoints(points, widths, height, [wide, high]) {
  const taken = points.map(({ x, y, gap }) => ({ x: x - gap / 2, y: y - gap / 2, width: gap, height: gap }));
  const inside = (box) => box.x >= 0 && box.y >= 0 && box.x + box.width <= wide && box.y + box.height <= high;
  return points.map(({ x, y, gap }, number) => {
    const width = widths[number];
    for (const step of STEPS) {
      const away = step * gap;
      for (const [right, down] of SIDES) {
        const left = right > 0 ? x + away : right < 0 ? x - away - width : x - width / 2;
        const top = y - height / 2 + down * (away + height / 2) * (right ? 0.7 : 1);
        const box = { x: left, y: top, width, height, far: step > 1 };
        if (!inside(box) || taken.some((other) => !apart(box, other))) continue;
        taken.push(box);
        return box;
      }
    }
    return null;
  });
}

/** Names of the joints of a stage; a line leads to one that stands further away. */
function drawNames(stage) {
  const { pen, recording, colors, unit } = stage;
  pen.font = `11px ${getComputedStyle(stage.canvas).fontFamily}`;
  pen.textBaseline = "middle";
  const seen = stage.nodes.filter((place) => place.strength > 0);
  const joints = seen.map(({ node }) => recording.jointOf(node));
  const names = joints.map((joint) => recording.joints[joint].replaceAll("_", " "));
  const points = seen.map(({ x, y }, row) => ({ x, y, gap: 3 + (joints[row] === recording.head ? 3.6 : 1.6) * unit }));
  const widths = names.map((name) => pen.measureText(name).width);
  stage.names = besidePoints(points, widths, 12, [stage.width, stage.height]);
  stage.names.forEach((box, row) => {
    if (box === null) return;
    const at = [box.x, box.y + box.height / 2];
    if (box.far) {
      stage.line(points[row], { x: within(points[row].x, [box.x, box.x + box.width]), y: at[1] });
      pen.lineWidth = 0.7;
      pen.strokeStyle = css(colors.ink, 0.45);
      pen.stroke();
    }
    pen.lineWidth = 3;
    pen.strokeStyle = css(colors.ground, 0.8);
    pen.strokeText(names[row], ...at);
    pen.fillStyle = css(colors.ink, 0.9);
    pen.fillText(names[row], ...at);
  });
}

/** Where the name of a row stands: in its middle, but whole within all rows; `height` is that of a name. */
function nameAt(row, rows, rowHeight, height) {
  return within((row + 0.5) * rowHeight, [height / 2, rows * rowHeight - height / 2]);
}

/** Which of some rows get a name: the strongest first, none that would cover another one. */
function namedRows(strengths, rowHeight, height) {
  const chosen = [];
  const places = strengths.map((_, row) => nameAt(row, strengths.length, rowHeight, height));
  const order = strengths.map((strength, row) => [strength, row]).sort((one, two) => two[0] - one[0] || one[1] - two[1]);
  for (const [strength, row] of order) {
    const near = chosen.some((other) => Math.abs(places[other] - places[row]) < height);
    if (strength >= 0.25 * order[0][0] && strength > 0 && !near) chosen.push(row);
  }
  return chosen;
}
